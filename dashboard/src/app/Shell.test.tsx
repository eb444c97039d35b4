import { fireEvent, screen, within } from '@solidjs/testing-library';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../api/client';
import { Problem } from '../api/problem';
import { anAgent, fakeLive, showTo } from '../testing/session';
import { Shell } from './Shell';

vi.mock('../api/client');

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(api.me).mockResolvedValue({ name: 'ann', role: 'viewer', token: false });
  vi.mocked(api.exportUrl).mockImplementation(
    (query, format) => `/api/export?format=${format}&q=${query.q ?? ''}`,
  );
});

function show(at = '/', role: 'viewer' | 'admin' = 'viewer') {
  const fake = fakeLive();
  return { ...fake, ...showTo(role, () => <Shell>page</Shell>, { live: fake.live, at }) };
}

describe('the tabs', () => {
  it('are those that one may open', () => {
    show();
    expect(screen.queryByRole('link', { name: 'Users and tokens' })).toBeNull();
  });

  it('tell which one is open', () => {
    show('/agents', 'admin');
    const open = screen.getByRole('link', { name: 'Agents' });
    expect(open.getAttribute('aria-current')).toBe('page');
    expect(screen.getByRole('link', { name: 'Users and tokens' })).toBeTruthy();
  });

  it('can be skipped', () => {
    show();
    fireEvent.click(screen.getByRole('button', { name: 'Skip to the content' }));
    expect(document.activeElement?.id).toBe('content');
  });
});

describe('the connection', () => {
  it('is told of when it is lost, once', () => {
    const { setState } = show();
    expect(screen.queryByRole('alert')).toBeNull();
    setState('lost');
    expect(screen.getByRole('alert').textContent).toBe('The server does not answer');
  });

  it('names agents that are silent, and only those that are waited for', () => {
    const { setAgents } = show();
    setAgents([
      anAgent({ id: '1', hostname: 'silent', online: false }),
      anAgent({ id: '2', hostname: 'revoked', online: false, revoked: true }),
      anAgent({ id: '3', hostname: 'replayed', online: false, heartbeat: null }),
      anAgent({ id: '4', hostname: 'well' }),
    ]);
    const banner = screen.getByText('1 agent not heard lately').closest('.banner');
    expect(banner?.textContent).toContain('silent');
    expect(banner?.textContent).not.toMatch(/revoked|replayed|well/);
  });
});

describe('exports', () => {
  it('are of the feed’s filter where that is open', () => {
    show('/feed?q=scan');
    fireEvent.click(screen.getByRole('button', { name: 'Export' }));
    expect(screen.getByRole('link', { name: 'CSV' }).getAttribute('href')).toBe(
      '/api/export?format=csv&q=scan',
    );
    expect(screen.getByText(/the filter of the feed lets through/)).toBeTruthy();
  });

  it('are of everything elsewhere, and find out first whether the session lasts', () => {
    show('/agents?q=scan');
    fireEvent.click(screen.getByRole('button', { name: 'Export' }));
    expect(screen.getByText(/neither archived nor suppressed/)).toBeTruthy();
    expect(api.me).toHaveBeenCalledOnce();
  });
});

describe('the account', () => {
  const open = () => fireEvent.click(screen.getByRole('button', { name: /Account of/ }));
  const change = () => {
    const type = (label: RegExp, value: string) =>
      fireEvent.input(screen.getByLabelText(label), { target: { value } });
    type(/Current password/, 'old');
    type(/New password/, 'correct horse battery');
    fireEvent.click(screen.getByRole('button', { name: 'Change the password' }));
  };

  it('changes the password, and keeps neither', async () => {
    vi.mocked(api.changePassword).mockResolvedValue(undefined);
    show();
    open();
    change();
    expect(await screen.findByText(/Changed/)).toBeTruthy();
    expect(api.changePassword).toHaveBeenCalledWith('old', 'correct horse battery');
    for (const label of [/Current password/, /New password/]) {
      expect((screen.getByLabelText(label) as HTMLInputElement).value).toBe('');
    }
  });

  it('says why the password was not changed', async () => {
    const problem = new Problem(401, 'unauthorized', 'the password is wrong');
    vi.mocked(api.changePassword).mockRejectedValue(problem);
    show();
    open();
    change();
    expect((await screen.findByRole('alert')).textContent).toBe('the password is wrong');
  });

  it('leads out', () => {
    const { signOut } = show();
    open();
    fireEvent.click(within(screen.getByRole('dialog')).getByText('Sign out'));
    expect(signOut).toHaveBeenCalledOnce();
  });
});
