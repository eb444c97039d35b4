import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from './client';
import type { Problem } from './problem';

const answer = (status: number, body: unknown = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
const refusal = (message: string) => answer(401, { error: 'unauthorized', message });

const fetch = vi.fn<(request: Request) => Promise<Response>>();
const signedOut = vi.fn();

beforeEach(() => {
  fetch.mockReset();
  signedOut.mockReset();
  vi.stubGlobal('fetch', fetch);
  api.onSignedOut(signedOut);
});
afterEach(() => vi.unstubAllGlobals());

const caught = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error) => error as Problem,
  );

describe('a session that is over', () => {
  it('is told of, whatever was asked', async () => {
    fetch.mockImplementation(async () => refusal('the session has ended: sign in again'));
    const problem = await caught(api.users());
    expect(problem?.isSignedOut).toBe(true);
    expect(signedOut).toHaveBeenCalledOnce();
  });

  it('is not told of by a wrong password at the door', async () => {
    fetch.mockImplementation(async () => refusal('name or password is wrong'));
    const problem = await caught(api.signIn('ann', 'x'));
    expect(problem?.message).toBe('name or password is wrong');
    expect(signedOut).not.toHaveBeenCalled();
  });

  it('is not told of by a wrong password for another one', async () => {
    fetch.mockImplementation(async (request) =>
      request.url.endsWith('/api/me')
        ? answer(200, { name: 'ann', role: 'viewer', token: false })
        : refusal('name or password is wrong'),
    );
    const problem = await caught(api.changePassword('wrong', 'long enough for it'));
    expect(problem?.message).toBe('The current password is wrong.');
    expect(signedOut).not.toHaveBeenCalled();
  });

  it('is told of when it was over before the password was changed', async () => {
    fetch.mockImplementation(async () => refusal('the session has ended: sign in again'));
    await caught(api.changePassword('right', 'long enough for it'));
    expect(signedOut).toHaveBeenCalledOnce();
  });

  it('says nothing about the next one', async () => {
    let late: (response: Response) => void = () => undefined;
    fetch.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
    const old = caught(api.users());
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledOnce());
    fetch.mockImplementation(async () => answer(200, { name: 'ann', role: 'admin', token: false }));
    await api.signIn('ann', 'right');
    late(refusal('the session has ended: sign in again'));
    expect((await old)?.isSignedOut).toBe(true);
    expect(signedOut).not.toHaveBeenCalled();
  });
});

describe('problems', () => {
  it('tell that the server was not reached', async () => {
    fetch.mockRejectedValue(new TypeError('network'));
    expect((await caught(api.me()))?.isOffline).toBe(true);
  });

  it('have a text where the server gave none', async () => {
    fetch.mockImplementation(async () => new Response('<h1>', { status: 502 }));
    expect((await caught(api.me()))?.message).toBe('The server answered with status 502.');
  });
});
