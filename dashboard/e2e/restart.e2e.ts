import { expect, test } from 'vitest';
import { choose, enter, isLive } from './harness/browser';
import { alert, Reporter } from './harness/reporter';
import { stage } from './harness/stage';

const on = stage();

test('when the server was away, that is told, and nothing is missing afterwards', async () => {
  const reporter = await Reporter.enrol(on.server);
  await reporter.tell([alert(0, { message: 'before' })]);
  const { page } = on.watched(await enter(on.browser, on.server));
  await choose(page, 'Live Feed');
  await page.getByRole('row', { name: /before/ }).waitFor();

  await on.server.end('SIGKILL');
  await page.getByText('The server does not answer').waitFor();
  // What was known is still there, and marked as old.
  await page.getByText('Connection lost').waitFor();
  expect(await page.getByRole('row', { name: /before/ }).count()).toBe(1);

  await on.server.begin();
  // While the browser still waits before it tries again.
  const missed = Array.from({ length: 12 }, (_, n) => alert(n, { message: `missed ${n} of them` }));
  await reporter.tell(missed);
  await isLive(page);
  await page.getByText('The server does not answer').waitFor({ state: 'detached' });
  for (const { message } of missed) {
    await page.getByRole('row', { name: new RegExp(message) }).waitFor();
  }
  await reporter.tell([alert(1, { message: 'and live again' })]);
  await page.getByRole('row', { name: /and live again/ }).waitFor();
  expect(await page.locator('.feed-row[id]').count()).toBe(14);
});
