import { expect, test } from 'vitest';
import { choose, enter, isLive, signIn, visit } from './harness/browser';
import { stage } from './harness/stage';

const on = stage();

test('who has the password gets in, and out again', async () => {
  const { page } = on.watched(await visit(on.browser, on.server));
  await signIn(page, 'admin', 'not the password');
  await page.getByRole('alert').waitFor();
  expect(await page.getByLabel('Password').inputValue()).toBe('');

  await signIn(page, 'admin', on.server.password);
  await isLive(page);
  await page.getByRole('link', { name: 'Overview' }).waitFor();
  // A reload does not ask again.
  await page.reload();
  await isLive(page);

  await page.getByRole('button', { name: 'Account of admin' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
});

test('a session that ends elsewhere leads to the door, and back to where one was', async () => {
  await on.server.addUser('anna', 'analyst', 'a long enough password');
  const anna = { user: 'anna', password: 'a long enough password' };
  const { page } = on.watched(await enter(on.browser, on.server, anna));
  await choose(page, 'Agents');
  const body = { password: 'quite another password' };
  const asked = { method: 'POST', body, headers: on.server.bearer('admin') };
  expect((await on.server.ask('/api/users/anna/password', asked)).status).toBeLessThan(300);
  await page.getByText('Your session has ended').waitFor();
  await signIn(page, 'anna', body.password);
  await isLive(page);
  expect(new URL(page.url()).hash).toBe('#/agents');
});

test('nothing secret is kept in the browser’s storage, and scripts see no cookie', async () => {
  const { page } = on.watched(await enter(on.browser, on.server));
  await page.getByRole('button', { name: 'Account of admin' }).click();
  await page.getByLabel('Look').selectOption('light');
  const kept = await page.evaluate(() => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    cookie: document.cookie,
    theme: document.documentElement.dataset.theme,
  }));
  expect(kept).toEqual({
    local: ['netsentinel.theme'],
    session: [],
    cookie: '',
    theme: 'light',
  });
});
