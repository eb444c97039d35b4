/**
 * `npm run screenshots`: every tab at three widths in both themes, into target/screenshots or $SCREENSHOTS, for people
 * to look at. Of a server of its own with replayed attacks, or of the one at $NETSENTINEL_URL ($NETSENTINEL_PASSWORD).
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { test } from 'vitest';
import { choose, isLive, launch, signIn } from '../harness/browser';
import { alert, Reporter } from '../harness/reporter';
import { Sensor } from '../harness/sensor';
import { Server } from '../harness/server';

const FOLDER = resolve(process.env.SCREENSHOTS ?? '../target/screenshots');
const WIDTHS: Record<number, number> = { 360: 740, 1280: 860, 2560: 1440 };
const TABS = ['Overview', 'Live Feed', 'Agents', 'Analytics', 'Suppressions', 'Users and tokens'];

async function prepared(): Promise<{ url: string; password: string; end(): Promise<void> }> {
  const { NETSENTINEL_URL: url, NETSENTINEL_PASSWORD: password = '' } = process.env;
  if (url) return { url, password, end: async () => undefined };
  const server = await Server.start({ offline_after: 600 });
  for (const name of ['gate1', 'office-east', 'lab']) {
    const reporter = await Reporter.enrol(server, name);
    await reporter.beat();
    const ago = (n: number) => new Date(Date.now() - n * n * 3_000).toISOString();
    await reporter.tell(
      Array.from({ length: 34 }, (_, n) => alert(n, { timestamp: ago(n), first_seen: ago(n) })),
    );
  }
  const sensor = Sensor.start(server, 'demo');
  await sensor.attack('showcase', '--pace', '8');
  const body = {
    rule: { source: '198.51.100.9', detector: 'port_scan' },
    reason: 'Our own scanner, every night',
    expires: null,
    apply_to_stored: true,
  };
  await server.api('/api/suppressions', { method: 'POST', body }, 'analyst');
  const end = async () => {
    await sensor.dispose();
    await server.dispose();
  };
  return { url: server.origin, password: server.password, end };
}

/** Takes the picture when nothing is loading or moving any more. */
async function picture(page: Page, name: string): Promise<void> {
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached' });
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

test('screenshots', async () => {
  mkdirSync(FOLDER, { recursive: true });
  const { url, password, end } = await prepared();
  const browser = await launch();
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const [width, height] of Object.entries(WIDTHS)) {
      const viewport = { width: Number(width), height };
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        baseURL: url,
        viewport,
        colorScheme,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      await page.goto('/');
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await picture(page, `door-${colorScheme}-${width}`);
      await signIn(page, 'admin', password);
      await isLive(page);
      for (const tab of TABS) {
        await choose(page, tab);
        await page.waitForTimeout(300);
        const name = tab.toLowerCase().replaceAll(' ', '-');
        await picture(page, `${name}-${colorScheme}-${width}`);
      }
      await choose(page, 'Live Feed');
      await page.locator('.feed-row[id]').nth(2).click();
      await page.getByRole('heading', { name: 'Evidence' }).waitFor();
      await picture(page, `alert-${colorScheme}-${width}`);
      await context.close();
    }
  }
  await browser.close();
  await end();
}, 600_000);
