import { fireEvent, screen } from '@solidjs/testing-library';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { Role, Stats, Suppression } from '../../api/types';
import { anAgent, fakeLive, showTo } from '../../testing/session';
import { AGAIN_MS } from './fresh';
import Suppressions from './Suppressions';

vi.mock('../../api/client');
const list = vi.mocked(api.suppressions);

const one = (given: Partial<Suppression> = {}): Suppression => ({
  id: 7,
  rule: { detector: 'port_scan', source: '10.0.0.5', target: null, either: null, agent: 'a1' },
  reason: 'our scanner',
  author: 'ann',
  created: '2026-01-01T00:00:00Z',
  expires: null,
  hits: 0,
  last_hit: null,
  ...given,
});

beforeEach(() => {
  vi.resetAllMocks();
  list.mockResolvedValue([one()]);
});
afterEach(() => vi.useRealTimers());

function show(role: Role = 'analyst') {
  const fake = fakeLive();
  fake.setAgents([anAgent()]);
  return { ...fake, ...showTo(role, () => <Suppressions />, { live: fake.live }) };
}

describe('the suppressions', () => {
  it('say what they match, why, and that they never did', async () => {
    const { container } = show();
    await screen.findByText('our scanner');
    expect(container.querySelector('h3')?.textContent).toBe(
      'port_scan from 10.0.0.5 seen by agent web1',
    );
    expect(container.textContent).toContain('Never matched: does it say what was meant?');
    expect(screen.getByText('1 suppression in force')).toBeTruthy();
  });

  it('say how often they matched, and that they are over', async () => {
    list.mockResolvedValue([
      one({ hits: 12, last_hit: '2026-01-02T00:00:00Z', expires: '2026-01-03T00:00:00Z' }),
    ]);
    const { container } = show();
    await screen.findByText('our scanner');
    expect(container.textContent).toContain('Suppressed 12 alerts, the last');
    expect(container.textContent).toContain('Expired');
    expect(screen.getByText('0 suppressions in force, 1 expired')).toBeTruthy();
  });

  it('are seen by viewers, and not changed', async () => {
    show('viewer');
    await screen.findByText('our scanner');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('show text from people as text', async () => {
    list.mockResolvedValue([one({ reason: '<b id="evil">x</b>' })]);
    show();
    expect(await screen.findByText('<b id="evil">x</b>')).toBeTruthy();
    expect(document.getElementById('evil')).toBeNull();
  });

  it('are added to by a form', async () => {
    show();
    fireEvent.click(screen.getByRole('button', { name: 'New suppression' }));
    expect(await screen.findByRole('dialog', { name: 'New suppression' })).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('say so when they can not be loaded', async () => {
    list.mockRejectedValue(new Problem(0, 'unreachable', 'The server can not be reached.'));
    show();
    expect(await screen.findByText('The server can not be reached.')).toBeTruthy();
  });

  it('are asked for again when alerts were suppressed, and not every time', async () => {
    vi.useFakeTimers();
    const { setStats } = show();
    const stats = (suppressed: number) => setStats({ suppressed } as Stats);
    for (const suppressed of [1, 2, 3]) stats(suppressed);
    expect(list).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(AGAIN_MS);
    expect(list).toHaveBeenCalledTimes(2);
  });
});

describe('one suppression', () => {
  const button = (name: RegExp) => screen.findByRole('button', { name });

  it('is removed after a question', async () => {
    vi.mocked(api.removeSuppression).mockResolvedValue(undefined);
    show();
    fireEvent.click(await button(/^Remove:/));
    expect(api.removeSuppression).not.toHaveBeenCalled();
    list.mockResolvedValue([]);
    fireEvent.click(await button(/^Remove it/));
    expect(await screen.findByText('Nothing is suppressed')).toBeTruthy();
    expect(api.removeSuppression).toHaveBeenCalledWith(7);
  });

  it('can be tried', async () => {
    const trial = { empty: false, tried: 300, matched: 2, examples: [] };
    vi.mocked(api.trySuppression).mockResolvedValue(trial);
    show();
    fireEvent.click(await button(/^Try it/));
    expect(await screen.findByText('Matches 2 of the 300 stored alerts tried.')).toBeTruthy();
    expect(api.trySuppression).toHaveBeenCalledWith(one().rule);
  });
});
