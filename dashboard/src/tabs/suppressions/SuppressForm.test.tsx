import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { Alert, Suppression } from '../../api/types';
import { fakeLive, Session } from '../../testing/pushing';
import { sample } from '../../testing/samples';
import { BLANK, draftFor, isEmpty, ruleOf, suppressionOf } from './form/draft';
import { TYPING_MS } from './form/Preview';
import { SuppressForm } from './SuppressForm';

vi.mock('../../api/client');
const tried = vi.mocked(api.trySuppression);
const done = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  done.mockReset();
  tried.mockReset().mockResolvedValue({
    empty: false,
    tried: 1_000,
    matched: 12,
    examples: [sample(3)],
  });
  vi.mocked(api.suppress).mockReset();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(TYPING_MS);
const write = (label: RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

function show(alert?: Alert) {
  render(() => (
    <Session as="analyst" live={fakeLive()}>
      <SuppressForm {...(alert ? { alert } : {})} done={done} cancel={vi.fn()} />
    </Session>
  ));
}

it('begins with the alert’s rule and source, and shows what they match', async () => {
  show(sample(1).alert);
  await settle();
  expect(tried).toHaveBeenCalledWith({
    detector: 'port_scan/vertical',
    source: '203.0.113.20',
    target: null,
    either: null,
    agent: null,
  });
  expect(screen.getByText('Would match 12 alerts')).toBeTruthy();
  expect(screen.getByText(sample(3).alert.message)).toBeTruthy();
});

it('looks again when the rule changes, once the typing pauses', async () => {
  show(sample(1).alert);
  await settle();
  write(/^Source/, '203.0.113.0');
  write(/^Source/, '203.0.113.0/24');
  await settle();
  expect(tried).toHaveBeenCalledTimes(2);
  expect(tried.mock.calls[1]?.[0].source).toBe('203.0.113.0/24');
});

it('tells what is wrong with a rule', async () => {
  tried.mockRejectedValue(new Problem(400, 'bad_request', 'must be an IP address'));
  show(sample(1).alert);
  await settle();
  expect(screen.getByRole('alert').textContent).toBe('must be an IP address');
});

it('does not suppress everything, nor without a reason', async () => {
  show();
  await settle();
  const button = () => screen.getByText('Suppress') as HTMLButtonElement;
  expect(tried).not.toHaveBeenCalled();
  write(/^Reason/, 'noise');
  expect(button().disabled).toBe(true);
  write(/^Target/, '10.0.0.1');
  expect(button().disabled).toBe(false);
  write(/^Reason/, ' ');
  expect(button().disabled).toBe(true);
});

it('adds the suppression', async () => {
  const added = { id: 5 } as Suppression;
  vi.mocked(api.suppress).mockResolvedValue(added);
  show(sample(1).alert);
  write(/^Reason/, 'our scanner');
  fireEvent.submit(screen.getByText('Suppress').closest('form') as HTMLFormElement);
  await settle();
  expect(vi.mocked(api.suppress).mock.calls[0]?.[0]).toMatchObject({
    reason: 'our scanner',
    apply_to_stored: true,
  });
  expect(done).toHaveBeenCalledWith(added);
});

it('makes of a draft what the server takes', () => {
  expect(isEmpty(ruleOf({ ...BLANK, source: '  ' }))).toBe(true);
  expect(draftFor(undefined)).toEqual(BLANK);
  const draft = { ...BLANK, agent: 'a', expiry: '1h' };
  expect(suppressionOf(draft, 0)).toMatchObject({ expires: '1970-01-01T01:00:00.000Z' });
  expect(suppressionOf({ ...draft, expiry: 'never' }, 0).expires).toBeNull();
});
