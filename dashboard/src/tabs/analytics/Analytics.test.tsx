import { HashRouter, Route } from '@solidjs/router';
import { cleanup, render, screen, within } from '@solidjs/testing-library';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { Me } from '../../api/types';
import { SessionProvider } from '../../state/session';
import { NONE } from '../../ui/charts/series';
import { madeHour, madeLive } from '../overview/made';
import Analytics from './Analytics';

vi.mock('../../api/client');

beforeEach(() => {
  vi.clearAllMocks();
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 4) });
  location.hash = '#/analytics?range=1h';
  vi.mocked(api.timeline).mockResolvedValue(madeHour({ high: 2 }));
  vi.mocked(api.sources).mockResolvedValue([
    {
      source: '203.0.113.9',
      internal: false,
      alerts: { ...NONE, high: 2 },
      last_seen: '2026-01-02T03:59:00Z',
    },
  ]);
  vi.mocked(api.categories).mockResolvedValue([
    { detector: 'port_scan', category: 'Port Scan', alerts: { ...NONE, high: 2 } },
  ]);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  location.hash = '';
});

async function shown() {
  const made = madeLive();
  render(() => (
    <SessionProvider
      me={{ name: 'eve', role: 'viewer' } as Me}
      live={made.live}
      signOut={async () => undefined}
    >
      <HashRouter>
        <Route path="/analytics" component={Analytics} />
      </HashRouter>
    </SessionProvider>
  ));
  await vi.advanceTimersByTimeAsync(0);
  return made;
}

test('the range is that of the address, for all figures and their links', async () => {
  await shown();
  expect(api.timeline).toHaveBeenCalledWith(60);
  expect(api.sources).toHaveBeenCalledWith('1h', 10);
  expect(screen.getByRole('button', { name: '1 hour' }).ariaPressed).toBe('true');
  const source = within(screen.getByRole('list', { name: 'Alerts by source' })).getByRole('link');
  expect(source.textContent).toContain('203.0.113.9 external');
  expect(source.getAttribute('href')).toContain('/feed?source=203.0.113.9&since=1h');
});

test('a choice changes the address, and a week says what it can not show', async () => {
  await shown();
  screen.getByRole('button', { name: '7 days' }).click();
  await vi.advanceTimersByTimeAsync(50);
  expect(location.hash).toBe('#/analytics?range=7d');
  expect(api.timeline).toHaveBeenLastCalledWith(1440);
  expect(api.categories).toHaveBeenLastCalledWith('7d');
  expect(screen.getByText(/this chart shows the last 24 hours/)).toBeTruthy();
});

test('it is asked for anew every 30 seconds, and says when that fails', async () => {
  await shown();
  vi.mocked(api.sources).mockRejectedValue(new Problem(0, 'unreachable', 'No answer.'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(api.sources).toHaveBeenCalledTimes(2);
  expect(screen.getByText('No answer.')).toBeTruthy();
  expect(screen.getAllByText(/^stale: as of /)).toHaveLength(4);
});
