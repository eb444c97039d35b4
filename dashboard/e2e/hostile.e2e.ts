import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Alert } from '../src/api/types';
import { choose, enter } from './harness/browser';
import { alert, Reporter } from './harness/reporter';
import { stage } from './harness/stage';

// What attackers may write into everything that they control: it must be shown as it is, and do nothing.
const on = stage();
const HOSTILE = {
  script: '<script>window.broken=1</script>',
  image: '<img src=x onerror="window.broken=1">',
  vector: '"><svg/onload=window.broken=1>',
  link: 'javascript:window.broken=1//',
  template: `{{constructor.constructor("window.broken=1")()}}$\{window.broken=1}`,
  backwards: '\u202Eexe.gnp\u202C \u2066evil\u2069 \u200F',
  control: 'a\u0007b\u001B[31mred\u0000\u2028\u2029',
  long: 'A'.repeat(10_000),
  stacked: `Z${'\u0301'.repeat(500)}`,
};

/** An alert that says `text` wherever it can. */
const saying = (text: string, n: number): Alert =>
  alert(n, {
    category: text,
    message: text,
    severity: n % 2 ? 'CRITICAL' : 'HIGH',
    evidence: { [text.slice(0, 5000)]: text.slice(0, 5000), list: [text, { text }].slice(0, 1) },
    reputation: { indicator: text, tier: 'CRITICAL', detail: text },
    attack: [{ technique: text, name: text, tactic: text }],
    agent: { id: text, hostname: text, os: text },
    interface: text,
    flow: {
      proto: text,
      source_ip: '192.0.2.1',
      source_port: 1,
      destination_ip: '10.0.0.1',
      destination_port: 2,
      community_id: text,
    },
  });

beforeAll(async () => {
  let n = 0;
  for (const text of Object.values(HOSTILE)) {
    n += 1;
    const reporter = await Reporter.enrol(on.server, text.slice(0, 255), text.slice(0, 64));
    await reporter.beat({
      os: text,
      version: text,
      interfaces: [
        { name: text, state: 'up', received: 1, dropped_kernel: 0, dropped_interface: 0 },
      ],
    });
    await reporter.tell([saying(text, n)]);
  }
  for (const text of [HOSTILE.script, HOSTILE.image, HOSTILE.backwards]) {
    await on.server.api(
      '/api/suppressions',
      {
        method: 'POST',
        body: {
          rule: { source: '203.0.113.250' },
          reason: text,
          expires: null,
          apply_to_stored: false,
        },
      },
      'analyst',
    );
    const body = { text };
    await on.server.api('/api/alerts/1/comments', { method: 'POST', body }, 'analyst');
  }
});

/** Nothing ran, nothing was put into the page, and it is no wider than the window. */
async function isUnharmed(page: Page) {
  const found = await page.evaluate(() => ({
    ran: 'broken' in window,
    elements: document.querySelectorAll(
      'body script, [onerror], [onload], img[src="x"], a[href^="javascript:" i], iframe, object, embed',
    ).length,
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  expect(found).toEqual({ ran: false, elements: 0, wider: 0 });
}

for (const width of [1280, 360]) {
  test(`hostile strings stay text on every tab, ${width} px wide`, async () => {
    const viewport = { width, height: 900 };
    const { page } = on.watched(await enter(on.browser, on.server, { viewport }));
    await page.getByText(HOSTILE.script).filter({ visible: true }).first().waitFor();
    await isUnharmed(page);
    for (const tab of ['Live Feed', 'Agents', 'Analytics', 'Suppressions', 'Users and tokens']) {
      await choose(page, tab);
      await page
        .getByText(/Loading/)
        .first()
        .waitFor({ state: 'detached' });
      if (tab !== 'Users and tokens')
        await page.getByText(HOSTILE.script).filter({ visible: true }).first().waitFor();
      await isUnharmed(page);
    }
  });
}

test('they stay text in all that is told about an alert', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  for (let position = 1; position <= Object.keys(HOSTILE).length; position += 1) {
    await page.goto(`/#/feed?alert=${position}`);
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('heading', { name: 'Evidence' }).waitFor();
    await sheet.getByText('As data').first().click();
    await isUnharmed(page);
    if (position === 1) {
      // As a comment too.
      await sheet.getByText(HOSTILE.image).first().waitFor();
      await sheet.getByRole('button', { name: 'Suppress…' }).click();
      await sheet.getByText(/Would match/).waitFor();
      await isUnharmed(page);
    }
    await page.goto('/#/agents');
    await sheet.waitFor({ state: 'detached' });
  }
});

test('addresses that somebody was sent do nothing either', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  for (const text of Object.values(HOSTILE)) {
    const hostile = encodeURIComponent(text.slice(0, 1500));
    for (const key of ['q', 'source', 'agent', 'detector', 'severity', 'since', 'alert']) {
      await page.goto(`/#/feed?${key}=${hostile}`);
    }
    await page.goto(`/#/agents?q=${hostile}`);
    await page.goto(`/#/${hostile}`);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await isUnharmed(page);
  }
});
