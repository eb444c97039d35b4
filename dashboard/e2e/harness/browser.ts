/** Debian's Chromium, and pages that tell when anything is not as it should be. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import type { Server } from './server';

/** A visit to the dashboard, by somebody with cookies of their own. */
export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What must never happen and did: errors, dialogs, requests to other hosts, violations of the policy. */
  problems: string[];
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: resolve('/usr/bin', process.env.CHROMIUM ?? 'chromium'),
    args: [
      // Chromium does not run as root with its sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      // Of files from the disk it does not know that they count as local too.
      ...(process.env.NETSENTINEL_DIST ? ['--disable-features=LocalNetworkAccessChecks'] : []),
    ],
  });
}

// What a browser says by itself about requests that fail, as they do while the server is down.
const EXPECTED = /^(Failed to load resource|WebSocket connection to)/;

/** Opens the dashboard. */
export async function visit(
  browser: Browser,
  server: Server,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: server.origin,
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  const problems: string[] = [];
  await context.exposeFunction('reportViolation', (text: string) => {
    problems.push(`policy: ${text}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (window as unknown as { reportViolation(text: string): void }).reportViolation;
      report(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  context.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'blob:' && host !== new URL(server.origin).host) {
      problems.push(`request: ${request.url()}`);
    }
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await fromDisk(context, server);
  await page.goto('/');
  return { context, page, problems };
}

/** Signs in at the door. */
export async function signIn(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Opens the dashboard, and signs in. */
export async function enter(
  browser: Browser,
  server: Server,
  {
    user = 'admin',
    password = server.password,
    ...options
  }: BrowserContextOptions & {
    user?: string;
    password?: string;
  } = {},
): Promise<Visit> {
  const visited = await visit(browser, server, options);
  await signIn(visited.page, user, password);
  await isLive(visited.page);
  return visited;
}

/** Waits until the page says that it shows what is. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('.connection[data-state=live]').waitFor();
}

/** Chooses one of the tabs. */
export async function choose(page: Page, tab: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: tab }).click();
}

/** With $NETSENTINEL_DIST files come from that folder, with the server's headers: no need to build the server anew. */
async function fromDisk(context: BrowserContext, server: Server): Promise<void> {
  const folder = process.env.NETSENTINEL_DIST;
  if (!folder) return;
  const ours = new RegExp(`^${server.origin}/($|assets/|favicon)`);
  await context.route(ours, async (route) => {
    const { pathname } = new URL(route.request().url());
    const { 'content-security-policy': policy = '' } = (
      await route.fetch({ url: `${server.origin}/` })
    ).headers();
    await route.fulfill({
      body: readFileSync(join(folder, pathname === '/' ? 'index.html' : pathname)),
      contentType: types[/\.\w+$/.exec(pathname)?.[0] ?? ''] ?? 'text/html; charset=utf-8',
      headers: { 'content-security-policy': policy },
    });
  });
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
