import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { choose, enter } from './harness/browser';
import { alert, Reporter } from './harness/reporter';
import { stage } from './harness/stage';

const on = stage();

beforeAll(async () => {
  const reporter = await Reporter.enrol(on.server, 'gate1');
  await reporter.beat();
  await reporter.tell(Array.from({ length: 40 }, (_, n) => alert(n)));
  // Never heard of again: it is told of in the banner, and has a card of its own.
  await Reporter.enrol(on.server, 'gate2');
  const rule = { source: '203.0.113.0/24' };
  const body = { rule, reason: 'Ours', expires: null, apply_to_stored: false };
  await on.server.api('/api/suppressions', { method: 'POST', body }, 'analyst');
});

async function violations(page: Page, where: string) {
  // What moves in, moves to its end first.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, { preload: false }),
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${where}: ${id} (${help}): ${html.slice(0, 200)}`),
  );
}

for (const colorScheme of ['dark', 'light'] as const) {
  for (const contrast of ['', ' in high contrast']) {
    if (contrast && colorScheme === 'light') continue;
    test(`everybody can use every tab, ${colorScheme}${contrast}`, async () => {
      const { page } = on.watched(
        await enter(on.browser, on.server, { colorScheme, reducedMotion: 'reduce' }),
      );
      if (contrast) {
        await page.getByRole('button', { name: 'Account of admin' }).click();
        await page.getByLabel('Look').selectOption('contrast');
      }
      const found: string[] = contrast ? await violations(page, 'account') : [];
      if (contrast) await page.keyboard.press('Escape');
      const look = async (where: string) => {
        await page
          .getByText(/^Loading/)
          .first()
          .waitFor({ state: 'detached' });
        found.push(...(await violations(page, where)));
      };
      await look('overview');
      for (const tab of ['Live Feed', 'Agents', 'Analytics', 'Suppressions', 'Users and tokens']) {
        await choose(page, tab);
        await look(tab);
      }
      await page.getByRole('button', { name: 'Export' }).click();
      await look('export');
      await page.goto('/#/feed?alert=3');
      await page.getByRole('dialog').getByRole('heading', { name: 'Evidence' }).waitFor();
      await look('an alert');
      await page.getByRole('dialog').getByRole('button', { name: 'Suppress…' }).click();
      await page.getByText(/Would match/).waitFor();
      await look('a new suppression');
      expect(found).toEqual([]);
    });
  }
}

test('the door is for everybody too', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  await page.getByRole('button', { name: 'Account of admin' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(await violations(page, 'door')).toEqual([]);
});
