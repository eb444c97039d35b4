import { MemoryRouter, Route } from '@solidjs/router';
import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { Role, StoredAlert } from '../../api/types';
import { fakeLive, Session } from '../../testing/pushing';
import { sample } from '../../testing/samples';
import { Detail } from './Detail';

afterEach(cleanup);

vi.mock('../../api/client');

let stored: StoredAlert;
let live: ReturnType<typeof fakeLive>;
const open = vi.fn();
beforeEach(() => {
  stored = sample(7);
  live = fakeLive();
  open.mockReset();
  vi.mocked(api.alert)
    .mockReset()
    .mockImplementation(async () => stored);
  vi.mocked(api.comments)
    .mockReset()
    .mockResolvedValue([{ id: 1, at: stored.received, author: 'bob', text: '<b>seen</b>' }]);
  vi.mocked(api.alerts)
    .mockReset()
    .mockResolvedValue({ alerts: [sample(9), stored], next: null, revision: 9 });
  vi.mocked(api.triage).mockReset().mockResolvedValue({ changed: 1 });
  vi.mocked(api.comment).mockReset();
});

function show(role: Role = 'analyst') {
  return render(() => (
    <MemoryRouter>
      <Route
        path="/"
        component={() => (
          <Session as={role} live={live}>
            <Detail position={7} open={open} close={vi.fn()} />
          </Session>
        )}
      />
    </MemoryRouter>
  ));
}
const button = (name: string) => screen.findByText(name, { selector: 'button' });

it('tells everything there is', async () => {
  show();
  await screen.findByText('203.0.113.20 probed 15 ports within 10 s (7)');
  const link = await screen.findByText('T1046');
  expect(link.getAttribute('href')).toBe('https://attack.mitre.org/techniques/T1046/');
  expect(link.getAttribute('rel')).toBe('noopener noreferrer');
  for (const text of ['Ports tried: 21, 22, 80.', '[21,22,80]', 'gate1 (linux)', '<b>seen</b>'])
    expect(await screen.findByText(text)).toBeTruthy();
});

it('leads to other alerts of the same source', async () => {
  show();
  const other = await screen.findByText(/within 10 s \(9\)/);
  expect(vi.mocked(api.alerts).mock.calls[0]?.[0]).toMatchObject({
    source: '203.0.113.20',
    since: '24h',
  });
  fireEvent.click(other);
  expect(open).toHaveBeenCalledWith(9);
});

it('acknowledges, and shows it when it comes back', async () => {
  show();
  const acknowledge = await button('Acknowledge');
  acknowledge.focus();
  fireEvent.click(acknowledge);
  await vi.waitFor(() => expect(live.caughtUp).toBe(1));
  expect(vi.mocked(api.triage)).toHaveBeenCalledWith({
    selection: { positions: [7] },
    triage: 'acknowledge',
  });
  live.push({
    alerts: [sample(7, { revision: 20, acknowledged_by: 'ann' })],
    fresh: new Set(),
  });
  expect(await button('Take back acknowledgement')).toBeTruthy();
  // The place of whoever uses keys is kept.
  expect(document.activeElement).toBe(acknowledge);
  // What is older than what is shown changes nothing.
  live.push({ alerts: [sample(7, { revision: 6 })], fresh: new Set() });
  expect(await button('Take back acknowledgement')).toBeTruthy();
});

it('says why it was not done', async () => {
  vi.mocked(api.triage).mockRejectedValueOnce(new Problem(0, 'unreachable', 'No server.'));
  show();
  fireEvent.click(await button('Archive'));
  expect((await screen.findByRole('alert', { hidden: true })).textContent).toBe('No server.');
});

it('takes comments', async () => {
  vi.mocked(api.comment).mockResolvedValue({ id: 2, at: '', author: 'ann', text: 'x' });
  show();
  const field = await screen.findByLabelText('Your comment');
  fireEvent.input(field, { target: { value: 'known scanner' } });
  fireEvent.click(await button('Add the comment'));
  await vi.waitFor(() => expect(api.comment).toHaveBeenCalledWith(7, 'known scanner'));
  await vi.waitFor(() => expect((field as HTMLTextAreaElement).value).toBe(''));
});

it('offers viewers only what they may', async () => {
  show('viewer');
  expect(await button('Copy as JSON')).toBeTruthy();
  for (const name of ['Acknowledge', 'Archive', 'Suppress…', 'Add the comment'])
    expect(screen.queryByText(name)).toBeNull();
});

it('says when there is no such alert', async () => {
  vi.mocked(api.alert)
    .mockReset()
    .mockRejectedValue(new Problem(404, 'not_found', 'Gone.'));
  show();
  expect((await screen.findByRole('alert', { hidden: true })).textContent).toContain('Gone.');
});
