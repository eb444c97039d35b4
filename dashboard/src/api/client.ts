/**
 * The one place that knows the server's API: one function for each thing that can be asked.
 *
 * All of them throw a {@link Problem}: `status` 0 where the server was not reached. The session is a
 * cookie that scripts can not read; nothing about it is kept here.
 */
import createClient from 'openapi-fetch';
import { Problem } from './problem';
import type { paths } from './schema';
import type {
  AgentView,
  AlertList,
  AuditEntry,
  CategoryCount,
  ChangeList,
  Comment,
  FreshToken,
  Me,
  MinuteCounts,
  Role,
  SourceCount,
  Stats,
  StoredAlert,
  Suppression,
  SuppressionRule,
  Token,
  Trial,
  UserView,
} from './types';

/** What lists of alerts and exports can be narrowed by, as the query string has it. */
export type AlertQuery = NonNullable<paths['/api/alerts']['get']['parameters']['query']>;
/** What can be done with alerts. */
export type Triage =
  paths['/api/alerts/triage']['post']['requestBody']['content']['application/json'];

/** How long a request may take before the server counts as not reached. */
const TIMEOUT_MS = 20_000;

const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  credentials: 'same-origin',
  querySerializer: { array: { style: 'form', explode: false } },
  fetch: (request: Request) =>
    globalThis.fetch(new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS) })),
});

/** Told when the server no longer knows the session, whatever was asked. */
let signedOut: () => void = () => undefined;
/** Counts sessions: what was asked in one that is over says nothing about the next. */
let sessions = 0;

/** Has `listener` called when an answer tells that the session is over; the last one given counts. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function answered<T>(asked: Promise<Result<T>>): Promise<T> {
  const session = sessions;
  try {
    return await outcome(asked);
  } catch (error) {
    if (error instanceof Problem && error.isSignedOut && session === sessions) signedOut();
    throw error;
  }
}

async function outcome<T>(asked: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await asked;
  } catch {
    throw new Problem(0, 'unreachable', 'The server can not be reached.');
  }
  if (result.response.ok) return result.data as T;
  const { error, message } = (result.error ?? {}) as { error?: string; message?: string };
  const { status } = result.response;
  throw new Problem(
    status,
    error ?? 'unknown',
    message ?? `The server answered with status ${status}.`,
  );
}

export async function signIn(user: string, password: string): Promise<Me> {
  // A refusal here is about the password: there is no session yet that could be over.
  const me = await outcome<Me>(client.POST('/api/login', { body: { user, password } }));
  sessions += 1;
  return me;
}

export const signOut = (): Promise<unknown> => answered(client.POST('/api/logout'));

export const me = (): Promise<Me> => answered(client.GET('/api/me'));

export async function changePassword(current: string, fresh: string): Promise<void> {
  try {
    await outcome(client.POST('/api/me/password', { body: { current, new: fresh } }));
  } catch (error) {
    if (!(error instanceof Problem && error.isSignedOut)) throw error;
    // The same status tells of a wrong password and of a session that is over: asking tells which.
    await me();
    throw new Problem(error.status, error.kind, 'The current password is wrong.');
  }
}

export const alerts = (query: AlertQuery): Promise<AlertList> =>
  answered(client.GET('/api/alerts', { params: { query } }));

export const changes = (after: number, limit = 500): Promise<ChangeList> =>
  answered(client.GET('/api/alerts/changes', { params: { query: { after, limit } } }));

export const alert = (position: number): Promise<StoredAlert> =>
  answered(
    client.GET('/api/alerts/{position}', { params: { path: { position: String(position) } } }),
  );

export const triage = (what: Triage): Promise<{ changed: number }> =>
  answered(client.POST('/api/alerts/triage', { body: what }));

export const comments = (position: number): Promise<Comment[]> =>
  answered(
    client.GET('/api/alerts/{position}/comments', {
      params: { path: { position: String(position) } },
    }),
  );

export const comment = (position: number, text: string): Promise<Comment> =>
  answered(
    client.POST('/api/alerts/{position}/comments', {
      params: { path: { position: String(position) } },
      body: { text },
    }),
  );

export const stats = (): Promise<Stats> => answered(client.GET('/api/stats'));

export const timeline = (minutes: number): Promise<MinuteCounts[]> =>
  answered(client.GET('/api/timeline', { params: { query: { minutes } } }));

export const sources = (since: string, limit: number): Promise<SourceCount[]> =>
  answered(client.GET('/api/sources', { params: { query: { since, limit } } }));

export const categories = (since: string): Promise<CategoryCount[]> =>
  answered(client.GET('/api/categories', { params: { query: { since } } }));

export const agents = (): Promise<AgentView[]> => answered(client.GET('/api/agents'));

export const setRevoked = (id: string, revoked: boolean): Promise<AgentView> =>
  answered(
    revoked
      ? client.POST('/api/agents/{id}/revoke', { params: { path: { id } } })
      : client.POST('/api/agents/{id}/restore', { params: { path: { id } } }),
  );

export const forgetAgent = (id: string): Promise<unknown> =>
  answered(client.DELETE('/api/agents/{id}', { params: { path: { id } } }));

export const suppressions = (): Promise<Suppression[]> => answered(client.GET('/api/suppressions'));

/** What a suppression is made of. */
export interface NewSuppression {
  rule: SuppressionRule;
  reason: string;
  expires: string | null;
  apply_to_stored: boolean;
}

export const suppress = (fresh: NewSuppression): Promise<Suppression> =>
  answered(client.POST('/api/suppressions', { body: fresh }));

export const trySuppression = (rule: SuppressionRule): Promise<Trial> =>
  answered(client.POST('/api/suppressions/test', { body: { rule } }));

export const removeSuppression = (id: number): Promise<unknown> =>
  answered(client.DELETE('/api/suppressions/{id}', { params: { path: { id: String(id) } } }));

export const users = (): Promise<UserView[]> => answered(client.GET('/api/users'));

export const addUser = (name: string, role: Role, password: string): Promise<UserView> =>
  answered(client.POST('/api/users', { body: { name, role, password } }));

export const setPassword = (name: string, password: string): Promise<unknown> =>
  answered(
    client.POST('/api/users/{name}/password', { params: { path: { name } }, body: { password } }),
  );

export const removeUser = (name: string): Promise<unknown> =>
  answered(client.DELETE('/api/users/{name}', { params: { path: { name } } }));

export const tokens = (): Promise<Token[]> => answered(client.GET('/api/tokens'));

export const createToken = (name: string, role: Role, days: number | null): Promise<FreshToken> =>
  answered(client.POST('/api/tokens', { body: { name, role, days } }));

export const revokeToken = (id: number): Promise<unknown> =>
  answered(client.DELETE('/api/tokens/{id}', { params: { path: { id: String(id) } } }));

export const audit = (before: number | null, limit: number): Promise<AuditEntry[]> =>
  answered(
    client.GET('/api/audit', {
      params: { query: before === null ? { limit } : { before, limit } },
    }),
  );

/** Where a browser gets the alerts of `query` as a file. */
export function exportUrl(query: AlertQuery, format: 'ndjson' | 'json' | 'csv'): string {
  const search = new URLSearchParams({ format });
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    search.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  return `/api/export?${search}`;
}
