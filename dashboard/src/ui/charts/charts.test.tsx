import { HashRouter, Route } from '@solidjs/router';
import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import axe from 'axe-core';
import type { JSX } from 'solid-js';
import { afterEach, expect, test } from 'vitest';
import { Area } from './Area';
import { Donut, share } from './Donut';
import { Gauge } from './Gauge';
import { HBars } from './HBars';
import { StackedBars } from './StackedBars';
import { NONE } from './series';
import { slots } from './slots';

afterEach(cleanup);

const minutes = Array.from({ length: 20 }, (_, index) => ({
  minute: new Date(Date.UTC(2026, 0, 2, 3, index)).toISOString(),
  alerts: { ...NONE, high: index === 18 ? 3 : 0 },
}));

function show(chart: () => JSX.Element) {
  return render(() => (
    <HashRouter>
      <Route path="*" component={chart} />
    </HashRouter>
  ));
}

test('the minutes are one stop of the Tab key, and arrows move between them', () => {
  show(() => <StackedBars label="Alerts" unit="alerts" slots={slots(minutes, 1)} />);
  const columns = screen.getAllByRole('link');
  const stops = () => columns.filter((column) => column.tabIndex === 0);
  expect(stops()).toEqual([columns[19]]);
  columns[19]?.focus();
  fireEvent.keyDown(columns[19] as HTMLElement, { key: 'ArrowLeft' });
  expect(document.activeElement).toBe(columns[18]);
  expect(stops()).toEqual([columns[18]]);
  expect(document.querySelector('.readout')?.textContent).toContain('3 alerts');
  fireEvent.keyDown(columns[18] as HTMLElement, { key: 'Home' });
  fireEvent.keyDown(columns[0] as HTMLElement, { key: 'ArrowLeft' });
  expect(document.activeElement).toBe(columns[0]);
});

test('a bar is as high as its alerts, and the drawing says what it shows', () => {
  const { container } = show(() => (
    <StackedBars label="Alerts" unit="alerts" slots={slots(minutes, 1)} />
  ));
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe(
    'Alerts: 3 HIGH; at most 3 at a time',
  );
  const drawn = [...container.querySelectorAll('.canvas > rect')].filter(
    (rect) => rect.getAttribute('height') !== '0%',
  );
  expect(drawn.map((rect) => rect.getAttribute('height'))).toEqual(['75%']);
  expect(drawn[0]?.getAttribute('fill')).toMatch(/^url\(#.+-HIGH\)$/);
});

test('the table has the same numbers, without times where nothing was', async () => {
  const { container } = show(() => (
    <StackedBars label="Alerts" unit="alerts" slots={slots(minutes, 1)} />
  ));
  const details = container.querySelector('details') as HTMLDetailsElement;
  details.open = true;
  await fireEvent(details, new Event('toggle'));
  const rows = screen.getAllByRole('row');
  expect(rows).toHaveLength(2);
  expect(rows[1]?.textContent).toMatch(/0300$/);
});

test('areas of severities that there are none of are not drawn', () => {
  const { container } = show(() => <Area label="Rate" slots={slots(minutes, 5)} />);
  const some = [...container.querySelectorAll('g')].map((group) => group.dataset.some);
  expect(some).toEqual(['false', 'true', 'false', 'false']);
  expect(screen.getByText('alerts a minute; each point is the mean of 5 minutes')).toBeTruthy();
});

test('a donut of one severity is a whole ring, and links to its alerts', () => {
  const { container } = show(() => (
    <Donut counts={{ ...NONE, low: 7 }} link={(level) => `/feed?severity=${level}`} />
  ));
  expect(container.querySelectorAll('.slice')).toHaveLength(1);
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('By severity: 7 LOW');
  const low = screen.getByTitle('7 alerts');
  expect(low.textContent).toContain('100 %');
  expect(low.getAttribute('href')).toContain('/feed?severity=LOW');
});

test.each([
  [0, '0 %'],
  [0.0001, '<1 %'],
  [0.999, '>99 %'],
  [1, '100 %'],
])('a part of %d is told as %s', (part, text) => {
  expect(share(part)).toBe(text);
});

test('names from the wire stay text', () => {
  const name = '<img src=x onerror=alert(1)>\u202egnp';
  const { container } = show(() => (
    <HBars label="Sources" bars={[{ name, counts: { ...NONE, high: 1 }, href: '/feed' }]} />
  ));
  expect(container.querySelector('img')).toBeNull();
  expect(container.querySelector('.wire')?.textContent).toBe(name);
});

test('axe finds nothing', async () => {
  const { container } = show(() => (
    <>
      <Gauge label="Level" hint="How" steps={['A', 'B']} current={1} part={0.7} />
      <StackedBars label="Alerts" unit="alerts" slots={slots(minutes, 1)} />
      <Area label="Rate" slots={slots(minutes, 5)} />
      <Donut counts={{ ...NONE, low: 7, high: 2 }} link={() => '/feed'} />
      <HBars label="Sources" bars={[{ name: 'a', counts: { ...NONE, high: 1 }, href: '/feed' }]} />
    </>
  ));
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
  expect(found.violations.map((violation) => violation.id)).toEqual([]);
});
