import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { createSignal } from 'solid-js';
import { afterEach, expect, it, vi } from 'vitest';
import { sample } from '../../testing/samples';
import { Row } from './Row';

afterEach(cleanup);

it('shows attackers’ text as text, and not more of it than fits', () => {
  const evil = `<img src=x onerror=alert(1)>\u202e${'x'.repeat(10_000)}`;
  const stored = sample(1, { alert: { message: evil, category: '<script>1</script>' } });
  const { container } = render(() => (
    <Row stored={stored} index={0} active={false} open={vi.fn()} />
  ));
  expect(container.querySelector('img, script')).toBeNull();
  const message = container.querySelector('.c-message');
  expect(message?.textContent?.startsWith('<img src=x')).toBe(true);
  expect(message?.textContent?.length).toBeLessThan(400);
  expect(message?.classList).toContain('wire');
});

it('tells in words what colours and marks tell', () => {
  const stored = sample(1, { acknowledged_by: 'ann', suppressed_by: 0, comments: 2 });
  render(() => <Row stored={stored} index={4} active={true} open={vi.fn()} />);
  const row = screen.getByRole('row');
  expect(row.getAttribute('aria-rowindex')).toBe('6');
  expect(row.getAttribute('aria-selected')).toBe('true');
  for (const text of ['HIGH', 'Acknowledged', 'Suppressed', '2 comments'])
    expect(screen.getByText(text)).toBeTruthy();
});

it('opens by a click, and shows that it waits for its alert', () => {
  const open = vi.fn();
  const [stored, setStored] = createSignal<ReturnType<typeof sample>>();
  render(() => <Row stored={stored()} index={0} active={false} open={open} />);
  expect(screen.getByRole('row').textContent).toBe('Loading…');
  setStored(sample(7));
  fireEvent.click(screen.getByRole('row'));
  expect(open).toHaveBeenCalledWith(7);
});
