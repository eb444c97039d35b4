import { HashRouter, Route } from '@solidjs/router';
import { cleanup, render, screen, within } from '@solidjs/testing-library';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { Me } from '../../api/types';
import { SessionProvider } from '../../state/session';
import { NONE } from '../../ui/charts/series';
import { madeAgent, madeAlert, madeHour, madeLive, madeStats } from './made';
import { Overview } from './Overview';
import { PATIENCE_MS } from './summary';

vi.mock('../../api/client');

beforeEach(() => {
  vi.clearAllMocks();
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 59, 30) });
  vi.mocked(api.alerts).mockImplementation(async (query) => ({
    alerts: query.acknowledged ? [] : [madeAlert(1, 'HIGH')],
    next: null,
    revision: 1,
  }));
  vi.mocked(api.categories).mockResolvedValue([
    { detector: 'port_scan', category: 'Port Scan', alerts: { ...NONE, high: 3 } },
  ]);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function shown() {
  const made = madeLive();
  const me: Me = { name: 'eve', role: 'viewer' } as Me;
  render(() => (
    <SessionProvider me={me} live={made.live} signOut={async () => undefined}>
      <HashRouter>
        <Route path="*" component={Overview} />
      </HashRouter>
    </SessionProvider>
  ));
  await vi.advanceTimersByTimeAsync(0);
  return made;
}
const card = (name: string) => within(screen.getByRole('region', { name }));

test('it shows what is pushed: level, counters, minutes, sensors', async () => {
  const { setStats, setTimeline, setAgents } = await shown();
  expect(screen.getByText('Loading the threat level…')).toBeTruthy();
  setStats({ ...madeStats({ critical: 2 }), alerts: { ...NONE, critical: 5 } });
  setTimeline(madeHour({ critical: 2 }));
  setAgents([madeAgent('a', 990, 10), { ...madeAgent('b', 1, 0), online: false }]);

  const threat = card('Threat level');
  expect(threat.getByRole('status').textContent).toBe('Threat level: HIGH');
  expect(threat.getByRole('img').getAttribute('aria-label')).toBe('Threat level HIGH, score 20');
  expect(threat.getByText('Not acknowledged, of the last hour: 2 CRITICAL.')).toBeTruthy();

  const counter = card('Not acknowledged').getByTitle('2 of 5 CRITICAL not acknowledged');
  expect(counter.getAttribute('href')).toContain('/feed?severity=critical');

  const minutes = card('Last 60 minutes').getAllByRole('link');
  expect(minutes).toHaveLength(60);
  expect(minutes.at(-1)?.getAttribute('aria-label')).toContain('2 alerts, 2 CRITICAL');
  expect(minutes.at(-1)?.getAttribute('href')).toContain('since=2026-01-02T03%3A59');

  const sensors = card('Sensors');
  expect(sensors.getByText('1 of 2')).toBeTruthy();
  expect(sensors.getAllByText(/ 1 %|^1 %/)).toHaveLength(2);
});

test('an acknowledgement calms the level at once', async () => {
  const { setStats, setTimeline, push } = await shown();
  setStats(madeStats({ critical: 2, high: 1 }));
  setTimeline(madeHour({ critical: 1, high: 1 }));
  const level = () => card('Threat level').getByRole('status').textContent;
  expect(level()).toContain('HIGH');
  // An old one stays open: the number of open alerts alone would not tell which was acknowledged.
  setStats({
    ...madeStats({ critical: 2, high: 1 }),
    unacknowledged: { ...NONE, critical: 1, high: 1 },
  });
  push(madeAlert(59, 'CRITICAL', { acknowledged_by: 'eve' }));
  expect(level()).toContain('MODERATE');
  push(madeAlert(59, 'CRITICAL', { revision: 99 }));
  expect(level()).toContain('HIGH');
});

test('the latest are kept current, and lead to the alert', async () => {
  const { push } = await shown();
  push(madeAlert(7, 'CRITICAL'), madeAlert(8, 'LOW'), madeAlert(1, 'HIGH', { archived: true }));
  const rows = card('Latest CRITICAL and HIGH').getAllByRole('listitem');
  expect(rows).toHaveLength(1);
  expect(rows[0]?.querySelector('a')?.getAttribute('href')).toContain('/feed?alert=7');
  expect(rows[0]?.textContent).toContain('CRITICAL');
});

test('everything says that it is stale when the connection is lost', async () => {
  const { setState, setStats, setTimeline, setAgents } = await shown();
  setStats(madeStats({ low: 1 }));
  setTimeline(madeHour({ low: 1 }));
  setAgents([]);
  expect(screen.queryByText(/stale/)).toBeNull();
  setState('lost');
  expect(screen.getAllByText(/^stale: as of /)).toHaveLength(6);
  for (const region of screen.getAllByRole('region')) {
    expect(region.dataset.stale).toBe('true');
  }
});

test('when nothing is pushed it asks, and tells if there is no answer', async () => {
  vi.mocked(api.stats).mockResolvedValue(madeStats({}));
  vi.mocked(api.timeline).mockResolvedValue(madeHour({}));
  vi.mocked(api.agents).mockRejectedValueOnce(new Problem(0, 'unreachable', 'No answer.'));
  vi.mocked(api.agents).mockResolvedValue([]);
  await shown();
  await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
  expect(api.stats).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(card('Threat level').getByRole('status').textContent).toContain('NORMAL');
  screen.getByText('No answer.');
  screen.getByRole('button', { name: 'Try again' }).click();
  await vi.advanceTimersByTimeAsync(0);
  expect(screen.queryByText('No answer.')).toBeNull();
  expect(card('Sensors').getByText('0 of 0')).toBeTruthy();
});
