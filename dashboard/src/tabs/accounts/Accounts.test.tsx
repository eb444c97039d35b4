import { fireEvent, screen, within } from '@solidjs/testing-library';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { AuditEntry, Token } from '../../api/types';
import { showTo } from '../../testing/session';
import Accounts from './Accounts';
import { PAGE } from './Audit';

vi.mock('../../api/client');

const user = (name: string) => ({ name, role: 'viewer', created: '2026-01-01T00:00:00Z' }) as const;
const token: Token = {
  id: 4,
  name: 'siem',
  role: 'viewer',
  author: 'ann',
  created: '2026-01-01T00:00:00Z',
  expires: '2026-01-02T00:00:00Z',
  last_used: null,
};
const entry = (id: number): AuditEntry => ({
  id,
  at: '2026-01-01T00:00:00Z',
  actor: 'anyone',
  action: 'login.refused',
  subject: `<b id="evil">${id}`,
  detail: '',
});

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(api.users).mockResolvedValue([user('ann'), user('bob')]);
  vi.mocked(api.tokens).mockResolvedValue([token]);
  vi.mocked(api.audit).mockResolvedValue([entry(1)]);
});

const show = () => showTo('admin', () => <Accounts />);
const press = async (name: string | RegExp) =>
  fireEvent.click(await screen.findByRole('button', { name }));
const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
const dialog = () => within(screen.getByRole('dialog'));
const closed = () => vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

it('accounts are for administrators', () => {
  showTo('analyst', () => <Accounts />);
  expect(screen.getByText('For administrators')).toBeTruthy();
  expect(api.users).not.toHaveBeenCalled();
});

describe('users', () => {
  it('are added with a role and a password', async () => {
    vi.mocked(api.addUser).mockResolvedValue(user('eve'));
    show();
    await press('Add a user');
    type('Name', 'eve');
    fireEvent.change(screen.getByLabelText('Role'), { target: { value: 'analyst' } });
    type(/^Password/, 'correct horse battery');
    await press('Add the user');
    await closed();
    expect(api.addUser).toHaveBeenCalledWith('eve', 'analyst', 'correct horse battery');
    expect(api.users).toHaveBeenCalledTimes(2);
  });

  it('are not added where the server refuses; the password is forgotten', async () => {
    vi.mocked(api.addUser).mockRejectedValue(new Problem(409, 'conflict', 'bob is there already'));
    show();
    await press('Add a user');
    type('Name', 'bob');
    type(/^Password/, 'correct horse battery');
    await press('Add the user');
    expect((await screen.findByRole('alert')).textContent).toBe('bob is there already');
    expect((screen.getByLabelText(/^Password/) as HTMLInputElement).value).toBe('');
    expect((screen.getByLabelText('Name') as HTMLInputElement).value).toBe('bob');
  });

  it('are given another password', async () => {
    vi.mocked(api.setPassword).mockResolvedValue(undefined);
    show();
    await press('Reset password of bob');
    expect(dialog().getByText(/All their sessions end/)).toBeTruthy();
    type(/^Password/, 'correct horse battery');
    await press('Set the password');
    await closed();
    expect(api.setPassword).toHaveBeenCalledWith('bob', 'correct horse battery');
  });

  it('are removed after a question, which says whether that is oneself', async () => {
    vi.mocked(api.removeUser).mockResolvedValue(undefined);
    show();
    await press('Remove ann');
    expect(dialog().getByText(/you will be signed out/)).toBeTruthy();
    await press('Cancel');
    expect(api.removeUser).not.toHaveBeenCalled();
    await press('Remove bob');
    await press('Remove the user');
    await closed();
    expect(api.removeUser).toHaveBeenCalledWith('bob');
  });
});

describe('tokens', () => {
  it('tell that they are over and were never used', async () => {
    const { container } = show();
    await screen.findByText('siem', { selector: 'strong' });
    expect(container.textContent).toContain('never used; ■ expired');
  });

  it('are shown once', async () => {
    vi.mocked(api.createToken).mockResolvedValue({ secret: 'ns_secret', token });
    show();
    await press('New token');
    type(/^Name/, 'backup');
    type(/^Days/, '');
    await press('Make the token');
    expect(await screen.findByText('ns_secret')).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toContain('never shown again');
    expect(api.createToken).toHaveBeenCalledWith('backup', 'viewer', null);
    await press('I have it');
    await closed();
    expect(document.body.textContent).not.toContain('ns_secret');
    await press('New token');
    expect(screen.queryByText('ns_secret')).toBeNull();
  });

  it('are revoked after a question', async () => {
    vi.mocked(api.revokeToken).mockResolvedValue(undefined);
    show();
    await press('Revoke siem');
    vi.mocked(api.tokens).mockResolvedValue([]);
    await press('Revoke the token');
    expect(await screen.findByText('No tokens')).toBeTruthy();
    expect(api.revokeToken).toHaveBeenCalledWith(4);
  });
});

describe('the audit trail', () => {
  it('shows names that anybody may have tried as text', async () => {
    show();
    expect(await screen.findByText('<b id="evil">1')).toBeTruthy();
    expect(document.getElementById('evil')).toBeNull();
  });

  it('is turned over page by page', async () => {
    const entries = Array.from({ length: PAGE + 1 }, (_, index) => entry(100 - index));
    vi.mocked(api.audit).mockImplementation(async (before) =>
      before === null ? entries : [entry(before - 1)],
    );
    show();
    await screen.findByText('<b id="evil">100');
    await press('Older');
    const last = 100 - PAGE + 1;
    expect(await screen.findByText(`<b id="evil">${last - 1}`)).toBeTruthy();
    expect(api.audit).toHaveBeenLastCalledWith(last, PAGE + 1);
    expect((screen.getByRole('button', { name: 'Older' }) as HTMLButtonElement).disabled).toBe(
      true,
    );
    await press('Newer');
    expect(await screen.findByText('<b id="evil">100')).toBeTruthy();
  });
});
