import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { choose, enter, isLive } from './harness/browser';
import { alert, Reporter } from './harness/reporter';
import { stage } from './harness/stage';

const on = stage();
let reporter: Reporter;

const scanner = '192.0.2.77';
const scan = (part = {}) =>
  alert(2, {
    source: { ip: scanner, port: null, mac: null, internal: false },
    message: `${scanner} probed 15 ports`,
    ...part,
  });
const tunnel = alert(1, {
  detector: 'dns_tunnelling',
  rule: 'dns_tunnelling/long_name',
  category: 'DNS Tunnelling',
  severity: 'MEDIUM',
  message: '10.0.0.7 asked for a name of 180 characters',
});

beforeAll(async () => {
  reporter = await Reporter.enrol(on.server);
  await reporter.tell([alert(0), tunnel, scan(), alert(3)]);
});

const rows = (page: Page) => page.locator('.feed-row[id]');
const feed = async () => {
  const visit = on.watched(await enter(on.browser, on.server));
  await choose(visit.page, 'Live Feed');
  await expect.poll(() => rows(visit.page).count()).toBe(4);
  return visit;
};

test('it is narrowed by severity and by words, and the address shares what is seen', async () => {
  const { page, context } = await feed();
  await page.getByRole('button', { name: /^Medium/ }).click();
  await expect.poll(() => rows(page).count()).toBe(1);
  await page.getByRole('row', { name: /DNS Tunnelling/ }).waitFor();
  await page.getByRole('button', { name: /^Medium/ }).click();

  await page.keyboard.press('/');
  await page.keyboard.type(scanner);
  await expect.poll(() => rows(page).count()).toBe(1);
  await expect.poll(() => page.url()).toContain(scanner);
  // What comes is narrowed too.
  await reporter.tell([alert(8, { message: 'something else' })]);

  const other = await context.newPage();
  await other.goto(page.url());
  await isLive(other);
  await other.getByRole('row', { name: new RegExp(scanner) }).waitFor();
  expect(await rows(other).count()).toBe(1);
  expect(await rows(page).count()).toBe(1);
  expect(await other.getByRole('searchbox').inputValue()).toBe(scanner);
});

test('a row leads to everything, and is acknowledged and commented there', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: new RegExp(`${scanner} probed`) }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('heading', { name: 'Evidence' }).waitFor();
  await sheet.getByText('T1046').first().waitFor();

  await sheet.getByRole('button', { name: 'Acknowledge' }).click();
  await sheet.getByText('Acknowledged by admin').waitFor();
  await sheet.getByLabel('Your comment').fill('A scanner of ours? <b>Ask.</b>');
  await sheet.getByRole('button', { name: 'Add the comment' }).click();
  await sheet.getByText('A scanner of ours? <b>Ask.</b>').waitFor();

  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: new RegExp(`${scanner} probed`) });
  await row.getByText('Acknowledged').waitFor({ state: 'attached' });
  await row.getByText('1 comment').waitFor({ state: 'attached' });
});

test('what is suppressed from an alert is previewed, and the next one does not show', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: new RegExp(`${scanner} probed`) }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Suppress…' }).click();
  await sheet.getByText(/Would match 1 alert/).waitFor();
  await sheet.getByLabel('Reason').fill('Our own scanner');
  await sheet.getByRole('button', { name: 'Suppress', exact: true }).click();
  await sheet.getByRole('button', { name: 'Suppress…' }).waitFor();
  await page.keyboard.press('Escape');

  await reporter.tell([
    scan({ message: `${scanner} once more` }),
    alert(5, { message: 'the last one' }),
  ]);
  // Whoever has gone down to a row reads there: what is new waits above.
  await page.getByRole('button', { name: /1 new alert/ }).click();
  await page.getByRole('row', { name: /the last one/ }).waitFor();
  expect(await page.getByRole('row', { name: /once more/ }).count()).toBe(0);
  // It is stored all the same.
  await page.goto('/#/feed?suppressed=true');
  await page.getByRole('row', { name: /once more/ }).waitFor();

  await choose(page, 'Suppressions');
  await page.getByText('Our own scanner').waitFor();
  await page
    .getByText(/Suppressed \d+ alerts?/)
    .first()
    .waitFor();
});

test('what the filter lets through is exported, in three formats', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  await page.goto('/#/feed?severity=medium');
  await page.getByRole('row', { name: /DNS Tunnelling/ }).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  const exported = async (format: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: format, exact: true }).click(),
    ]);
    return {
      name: download.suggestedFilename(),
      text: await readFile(await download.path(), 'utf8'),
    };
  };
  const lines = await exported('NDJSON');
  expect(lines.name).toMatch(/\.ndjson$/);
  const alerts = lines.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).alert);
  expect(alerts.map(({ id, severity }) => [id, severity])).toContainEqual([tunnel.id, 'MEDIUM']);
  expect(new Set(alerts.map(({ severity }) => severity))).toEqual(new Set(['MEDIUM']));

  const list = await exported('JSON');
  expect(JSON.parse(list.text)).toHaveLength(alerts.length);
  const table = await exported('CSV');
  expect(table.name).toMatch(/\.csv$/);
  expect(table.text.trim().split(/\r?\n/)).toHaveLength(alerts.length + 1);
});
