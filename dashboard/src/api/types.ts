/** The types of the server's API, under the names that the dashboard uses. Made from `openapi.json`. */
export type {
  AgentView,
  Alert,
  AlertList,
  AuditEntry,
  CategoryCount,
  ChangeList,
  Comment,
  Endpoint,
  FreshToken,
  InterfaceReport,
  LiveMessage,
  Me,
  MinuteCounts,
  ReputationNote,
  RiskTier,
  Role,
  Severity,
  SeverityCounts,
  SourceCount,
  Stats,
  StoredAlert,
  Suppression,
  SuppressionRule,
  Token,
  Trial,
  UserView,
} from './schema';

import type { Role, Severity } from './schema';

/** The severities, the worst first. */
export const SEVERITIES: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

/** The roles, the least first; each may do what those before it may. */
export const ROLES: readonly Role[] = ['viewer', 'analyst', 'admin'];

/** Whether somebody with the role `has` may do what takes the role `needs`. */
export function mayDo(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs);
}
