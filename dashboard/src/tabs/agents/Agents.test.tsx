import { fireEvent, screen, within } from '@solidjs/testing-library';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { AgentView, Role } from '../../api/types';
import { aHeartbeat, anAgent, fakeLive, showTo } from '../../testing/session';
import Agents from './Agents';

vi.mock('../../api/client');
const agents = vi.mocked(api.agents);

beforeEach(() => agents.mockReset().mockResolvedValue([]));

function show(list: AgentView[] | undefined, role: Role = 'admin') {
  const fake = fakeLive();
  if (list) fake.setAgents(list);
  return { ...fake, ...showTo(role, () => <Agents />, { live: fake.live }) };
}

const card = (name: string) => screen.getByRole('article', { name });
const facts = (name: string) => card(name).textContent ?? '';

describe('the agents', () => {
  it('are asked for until they are pushed', async () => {
    agents.mockResolvedValue([anAgent({ hostname: 'asked' })]);
    const { setAgents } = show(undefined);
    expect(await screen.findByRole('article', { name: 'asked' })).toBeTruthy();
    setAgents([anAgent({ hostname: 'pushed' })]);
    expect(card('pushed')).toBeTruthy();
    expect(screen.queryByText('asked')).toBeNull();
  });

  it('can be asked for again when that failed', async () => {
    agents.mockRejectedValueOnce(new Problem(500, 'x', 'broken'));
    agents.mockResolvedValueOnce([anAgent()]);
    show(undefined);
    fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('article', { name: 'web1' })).toBeTruthy();
  });

  it('are told how to be added when there are none', () => {
    show([]);
    expect(screen.getByText('sentinel-certs agent NAME')).toBeTruthy();
  });

  it('stay the same cards while they change', () => {
    const { setAgents } = show([anAgent()]);
    const before = card('web1');
    setAgents([anAgent({ online: false })]);
    expect(card('web1')).toBe(before);
    expect(facts('web1')).toContain('Offline');
    expect(facts('web1')).toContain('Not heard since');
    expect(screen.getByText('0 of 1 online')).toBeTruthy();
  });

  it('are narrowed by what they say, and shown again', async () => {
    show([anAgent(), anAgent({ id: 'b', hostname: 'db1' })]);
    const search = screen.getByRole('searchbox');
    fireEvent.input(search, { target: { value: 'db' } });
    await vi.waitFor(() => expect(screen.getAllByRole('article').length).toBe(1));
    fireEvent.input(search, { target: { value: 'nothing' } });
    fireEvent.click(await screen.findByRole('button', { name: 'Show all' }));
    await vi.waitFor(() => expect(screen.getAllByRole('article').length).toBe(2));
  });
});

describe('a card', () => {
  it('tells of losses, interfaces and the spool', () => {
    const heartbeat = aHeartbeat({
      interfaces: [
        { name: 'eth0', state: 'up', received: 1000, dropped_kernel: 54, dropped_interface: 0 },
        { name: 'wlan0', state: 'gone', received: 0, dropped_kernel: 0, dropped_interface: 0 },
      ],
      spool: { alerts: 12, bytes: 2048, dropped: 17, rejected: 2 },
    });
    show([anAgent({ heartbeat })]);
    const text = facts('web1');
    for (const part of ['5.4 %', 'kernel 54', 'gone', '12 2.0 KiB', 'Alerts lost', 'rejected']) {
      expect(text).toContain(part);
    }
  });

  it('leads to the alerts of its agent', () => {
    show([anAgent({ id: 'a&b', alerts: 1 })]);
    const link = screen.getByRole('link', { name: '1 alert of web1' });
    expect(link.getAttribute('href')).toBe('/feed?agent=a%26b');
  });

  it('shows a rate only while it is fresh', () => {
    const { setAgents } = show([anAgent()]);
    expect(facts('web1')).toContain('≈ 10/s');
    setAgents([anAgent({ online: false })]);
    expect(facts('web1')).not.toContain('/s');
  });

  it('shows text from elsewhere as text, and not all of it', () => {
    show([anAgent({ hostname: `<b id="evil">${'x'.repeat(10_000)}` })]);
    expect(document.getElementById('evil')).toBeNull();
    expect(facts('<b id="evil">'.padEnd(80, 'x').concat('…')).length).toBeLessThan(1_000);
  });

  it('says when it never told how it is', () => {
    show([anAgent({ heartbeat: null })]);
    expect(facts('web1')).toContain('It never told how it is');
  });
});

describe('what can be done with an agent', () => {
  const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));

  it('is for administrators', () => {
    show([anAgent()], 'analyst');
    expect(screen.queryByRole('button', { name: /Revoke/ })).toBeNull();
  });

  it('is revoked after a question', async () => {
    const revoked = anAgent({ revoked: true, online: false });
    vi.mocked(api.setRevoked).mockResolvedValue(revoked);
    show([anAgent()]);
    press('Revoke web1');
    expect(api.setRevoked).not.toHaveBeenCalled();
    expect(
      within(screen.getByRole('dialog')).getByText(/takes nothing from this agent/),
    ).toBeTruthy();
    press('Revoke its key');
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(api.setRevoked).toHaveBeenCalledWith('a1', true);
    expect(facts('web1')).toContain('Revoked');
    expect(screen.getByRole('button', { name: 'Restore web1' })).toBeTruthy();
  });

  it('is forgotten after a question', async () => {
    vi.mocked(api.forgetAgent).mockResolvedValue(undefined);
    show([anAgent()]);
    press('Forget web1');
    press('Forget it');
    await vi.waitFor(() => expect(screen.queryByRole('article')).toBeNull());
    expect(api.forgetAgent).toHaveBeenCalledWith('a1');
  });

  it('stays in the list when the server refuses', async () => {
    vi.mocked(api.forgetAgent).mockRejectedValue(new Problem(404, 'not_found', 'no such agent'));
    show([anAgent()]);
    press('Forget web1');
    press('Forget it');
    expect((await screen.findByRole('alert')).textContent).toBe('no such agent');
    expect(card('web1')).toBeTruthy();
  });
});
