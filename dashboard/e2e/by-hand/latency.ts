/**
 * `npm run latency`: how long it takes from a packet on the wire to its alert's row in the browser, while 200 alerts a
 * second are raised. Needs root, for a real agent on a wire of its own.
 */
import { expect, test } from 'vitest';
import { choose, enter } from '../harness/browser';
import { until } from '../harness/programs';
import { Sensor } from '../harness/sensor';
import { stage } from '../harness/stage';

const RATE = 200;
const SECONDS = Number(process.env.SECONDS_LONG ?? 30);
// Every SYN of the flood comes from a new source, so each raises an alert of its own.
const SETTINGS = { suspicious_ports: [80], syn_flood_threshold: 100_000 };

/** When the newest row on show became which: milliseconds since 1970, and its position. */
type Shown = [at: number, position: number];

const on = stage();

test('from the packet to the row', async (context) => {
  const sensor = Sensor.start(on.server, 'gate1', SETTINGS);
  if (!sensor.wire) return context.skip('nothing can be captured here');
  try {
    await until('the agent is heard', async () => {
      const agents = await on.server.api<{ online: boolean }[]>('/api/agents');
      return agents.some((agent) => agent.online);
    });
    const { page } = on.watched(await enter(on.browser, on.server));
    await choose(page, 'Live Feed');
    await sensor.attack('flood', '--rate', '10', '--packets', '10');
    await page.locator('.feed-row[id]').first().waitFor();
    await page.evaluate(() => {
      const shown: Shown[] = [];
      Object.assign(window, { shown });
      const newest = () => {
        const row = document.querySelector('.feed-row[id]');
        return Number(row?.id.replace('alert-row-', '') ?? 0);
      };
      const look = () => {
        const position = newest();
        if (position === shown.at(-1)?.[1]) return;
        // The frame that shows it is drawn before this message is delivered.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () =>
            shown.push([performance.timeOrigin + performance.now(), position]);
          port2.postMessage(0);
        });
      };
      new MutationObserver(look).observe(document.body, {
        childList: true,
        subtree: true,
        attributes: true,
      });
    });
    await sensor.attack(
      'flood',
      '--rate',
      String(RATE),
      '--duration',
      String(SECONDS),
      '--seed',
      '2',
    );
    await page.waitForTimeout(3000);

    const shown = await page.evaluate(() => (window as unknown as { shown: Shown[] }).shown);
    const exported = await on.server.ask('/api/export?format=ndjson', {
      headers: on.server.bearer('viewer'),
    });
    const delays: number[] = [];
    for (const line of exported.body.trim().split('\n')) {
      const { position, alert } = JSON.parse(line);
      const at = shown.find(([, newest]) => newest >= position)?.[0];
      const after = shown[0] && position > shown[0][1];
      if (at && after) delays.push(at - new Date(alert.timestamp).getTime());
    }
    delays.sort((a, b) => a - b);
    const percentile = (p: number) =>
      Math.round(delays[Math.ceil((delays.length * p) / 100) - 1] ?? 0);
    process.stdout.write(
      `${delays.length} alerts in ${SECONDS} s, packet to row: ` +
        `p50 ${percentile(50)} ms, p90 ${percentile(90)} ms, p99 ${percentile(99)} ms, ` +
        `at most ${percentile(100)} ms\n`,
    );
    expect(delays.length).toBeGreaterThan(RATE * SECONDS * 0.9);
  } finally {
    await sensor.dispose();
  }
}, 300_000);
