import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { choose, enter } from './harness/browser';
import { alert, Reporter } from './harness/reporter';
import { stage } from './harness/stage';

const on = stage();
const password = 'a long enough password';

beforeAll(async () => {
  const reporter = await Reporter.enrol(on.server, 'gate1');
  await reporter.beat();
  await reporter.tell([alert(3)]);
  await on.server.addUser('vera', 'viewer', password);
  await on.server.addUser('anna', 'analyst', password);
});

const tabs = (page: Page) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();

/** Asks the API from within the page, as a script of its own would. */
const post = (page: Page, path: string, body: unknown) =>
  page.evaluate(
    async ([path, body]) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(path as string, { method: 'POST', headers, body: body as string }))
        .status;
    },
    [path, JSON.stringify(body)],
  );

test('a viewer looks, and is offered nothing else', async () => {
  const { page } = on.watched(await enter(on.browser, on.server, { user: 'vera', password }));
  expect((await tabs(page)).join()).not.toContain('Users');
  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: /CRITICAL/ }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'Copy as JSON' }).waitFor();
  for (const name of ['Acknowledge', 'Archive', 'Suppress…', 'Add the comment']) {
    expect(await sheet.getByRole('button', { name }).count(), name).toBe(0);
  }
  await page.keyboard.press('Escape');
  await choose(page, 'Agents');
  await page.getByRole('article').waitFor();
  expect(await page.getByRole('button', { name: /Revoke|Forget/ }).count()).toBe(0);
  await choose(page, 'Suppressions');
  await page.getByText('Nothing is suppressed').waitFor();
  expect(await page.getByRole('button', { name: 'New suppression' }).count()).toBe(0);

  // Nor does the server do it.
  const selection = { positions: [1] };
  expect(await post(page, '/api/alerts/triage', { selection, triage: 'acknowledge' })).toBe(403);
  expect(await post(page, '/api/alerts/1/comments', { text: 'no' })).toBe(403);
  expect(await page.evaluate(async () => (await fetch('/api/users')).status)).toBe(403);
});

test('an analyst works on alerts, and leaves agents and accounts alone', async () => {
  const { page } = on.watched(await enter(on.browser, on.server, { user: 'anna', password }));
  expect((await tabs(page)).join()).not.toContain('Users');
  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: /CRITICAL/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Acknowledged by anna').waitFor();
  await page.keyboard.press('Escape');
  await choose(page, 'Agents');
  await page.getByRole('article').waitFor();
  expect(await page.getByRole('button', { name: /Revoke|Forget/ }).count()).toBe(0);
  const user = { name: 'eve', role: 'admin', password };
  expect(await post(page, '/api/users', user)).toBe(403);
});
