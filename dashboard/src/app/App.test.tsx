import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from './App';

/** What the server answers, by path; tests change it. */
let answers: Record<string, () => Response>;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
const refused = (message: string) => json({ error: 'unauthorized', message }, 401);
const ann = { name: 'ann', role: 'viewer', token: false };

class Socket {
  static readonly OPEN = 1;
  readonly readyState = 1;
  close() {}
}

beforeEach(() => {
  answers = { '/api/me': () => json(ann), '/api/suppressions': () => json([]) };
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', async (request: Request) => {
    const answer = answers[new URL(request.url).pathname];
    return answer ? answer() : json([]);
  });
  location.hash = '';
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const signIn = async () => {
  fireEvent.input(screen.getByLabelText('User'), { target: { value: 'ann' } });
  fireEvent.input(screen.getByLabelText('Password'), { target: { value: 'secret' } });
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
};

/** Pages are loaded when they are opened, which takes its time on a busy machine. */
const PATIENCE = { timeout: 15_000 };

describe('the door', { timeout: 20_000 }, () => {
  it('lets in who has a session', async () => {
    render(() => <App />);
    expect(await screen.findByRole('navigation', { name: 'Pages' }, PATIENCE)).toBeTruthy();
  });

  it('can be tried again when the server was not reached', async () => {
    answers['/api/me'] = () => {
      throw new TypeError('network');
    };
    render(() => <App />);
    const again = await screen.findByRole('button', { name: 'Try again' });
    answers['/api/me'] = () => json(ann);
    fireEvent.click(again);
    expect(await screen.findByRole('navigation', {}, PATIENCE)).toBeTruthy();
  });

  it('says what the server says of a wrong password, and forgets it', async () => {
    answers['/api/me'] = () => refused('sign in, or show a token');
    answers['/api/login'] = () => refused('name or password is wrong');
    render(() => <App />);
    await screen.findByLabelText('User');
    expect(document.activeElement).toBe(screen.getByLabelText('User'));
    expect(screen.queryByText(/session has ended/)).toBeNull();
    await signIn();
    expect((await screen.findByRole('alert')).textContent).toBe('name or password is wrong');
    expect((screen.getByLabelText('Password') as HTMLInputElement).value).toBe('');
  });

  it('leads back to where one was when the session ended in the middle of something', async () => {
    location.hash = '#/suppressions';
    answers['/api/suppressions'] = () => refused('the session has ended: sign in again');
    answers['/api/login'] = () => json(ann);
    render(() => <App />);
    expect(await screen.findByText(/Your session has ended/, {}, PATIENCE)).toBeTruthy();
    answers['/api/suppressions'] = () => json([]);
    await signIn();
    expect(await screen.findByText('Nothing is suppressed', {}, PATIENCE)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('main'));
    expect(location.hash).toBe('#/suppressions');
  });
});
