/** What most tests need: a server, a browser, and their end. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launch, type Visit } from './browser';
import { Server } from './server';

export interface Stage {
  server: Server;
  browser: Browser;
  /** Sees to it that nothing went wrong in a visit, and that it is closed after the test. */
  watched(visit: Visit): Visit;
}

/** Sets up before the tests of a file, and clears away after them. */
export function stage(settings: Record<string, unknown> = {}): Stage {
  const visits: Visit[] = [];
  const set = {
    watched(visit: Visit) {
      visits.push(visit);
      return visit;
    },
  } as Stage;
  beforeAll(async () => {
    set.browser = await launch();
    set.server = await Server.start(settings);
  });
  afterEach(async () => {
    const all = visits.splice(0);
    await Promise.all(all.map(({ context }) => context.close()));
    expect(all.flatMap(({ problems }) => problems)).toEqual([]);
  });
  afterAll(async () => {
    await set.browser?.close();
    await set.server?.dispose();
  });
  return set;
}
