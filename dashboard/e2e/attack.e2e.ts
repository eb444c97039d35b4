import { afterAll, beforeAll, expect, test } from 'vitest';
import { choose, enter } from './harness/browser';
import { until } from './harness/programs';
import { Sensor } from './harness/sensor';
import { stage } from './harness/stage';

const on = stage({ offline_after: 3 });
let sensor: Sensor;
beforeAll(() => {
  sensor = Sensor.start(on.server);
});
afterAll(() => sensor?.dispose());

/** Whether the agent is heard, if there is one. */
const heard = () =>
  until('the agent is heard', async () => {
    const agents = await on.server.api<{ online: boolean }[]>('/api/agents');
    return !sensor.wire || agents.some((agent) => agent.online);
  });

test('an attack shows by itself, wherever one looks', async () => {
  await heard();
  const { page } = on.watched(await enter(on.browser, on.server));
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  await sensor.attack('port_scan-above', '--pace', '10');

  // On the overview, and counted on the feed's tab.
  await page
    .getByRole('link', { name: /Port Scan/ })
    .first()
    .waitFor();
  await page.getByText('alerts not seen yet').waitFor({ state: 'attached' });
  expect(await page.title()).toMatch(/^\(1\) /);

  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: /HIGH.*Port Scan.*10\.0\.0\.66/ }).waitFor();
  expect(await page.title()).toBe('NetSentinel');
  await sensor.attack('brute_force-above', '--pace', '30');
  await page.getByRole('row', { name: /Brute Force.*203\.0\.113\.66/ }).waitFor();
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
});

test('an agent that falls silent is told of, and so is its return', async (context) => {
  if (!sensor.wire) return context.skip('nothing can be captured here');
  await heard();
  const { page } = on.watched(await enter(on.browser, on.server));
  await choose(page, 'Agents');
  const card = page.getByRole('article');
  await card.getByText('Online').waitFor();
  await card.getByText(sensor.wire, { exact: true }).waitFor();

  await sensor.end();
  await page.getByText('1 agent not heard lately').waitFor();
  await card.getByText('Its numbers are from before').waitFor();

  sensor.begin();
  await card.getByText('Online').waitFor();
  await page.getByText('1 agent not heard lately').waitFor({ state: 'detached' });
});
