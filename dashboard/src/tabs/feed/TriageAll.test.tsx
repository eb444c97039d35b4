import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { EVERYTHING } from '../../state/filter';
import { fakeLive, Session } from '../../testing/pushing';
import { samples } from '../../testing/samples';
import { TriageAll } from './TriageAll';

afterEach(cleanup);

vi.mock('../../api/client');
const live = fakeLive();
beforeEach(() => {
  vi.mocked(api.alerts).mockReset();
  vi.mocked(api.triage).mockReset().mockResolvedValue({ changed: 12 });
});

function show(known: number | undefined) {
  render(() => (
    <Session as="analyst" live={live}>
      <TriageAll filter={{ ...EVERYTHING, severity: ['LOW'] }} known={known} seen={() => 41} />
    </Session>
  ));
}

it('asks first, with the number, and takes only what was seen', async () => {
  show(12);
  fireEvent.click(screen.getByText('Acknowledge all…'));
  expect(screen.getByText('12 alerts')).toBeTruthy();
  expect(api.triage).not.toHaveBeenCalled();
  fireEvent.click(screen.getByText('Do it'));
  expect(await screen.findByText('12 alerts acknowledged.')).toBeTruthy();
  const [order] = vi.mocked(api.triage).mock.calls[0] ?? [];
  expect(order).toMatchObject({
    triage: 'acknowledge',
    selection: { matching: { up_to: 41, filter: { severity: ['LOW'] } } },
  });
});

it('counts where nobody knows the number, up to a bound', async () => {
  vi.mocked(api.alerts).mockImplementation(async () => ({
    alerts: samples(500, 1),
    next: 'on',
    revision: 1,
  }));
  show(undefined);
  fireEvent.click(screen.getByText('Archive all…'));
  expect(await screen.findByText('more than 2,000 alerts')).toBeTruthy();
  expect(api.alerts).toHaveBeenCalledTimes(4);
});

it('does nothing when it is called off', () => {
  show(1);
  fireEvent.click(screen.getByText('Archive all…'));
  fireEvent.click(screen.getByText('Cancel'));
  expect(screen.queryByText('Do it')).toBeNull();
  expect(api.triage).not.toHaveBeenCalled();
});
