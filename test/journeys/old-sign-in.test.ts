import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { addAuthenticator, answerDialog } from './people-pages.ts';
import { signIn } from './site.ts';

let deployment: Deployment;
let browser: RealBrowser;
let page: Page;

/** A quarter of an hour after the sign-in, which a test does not wait for: the server is real but for the answer that it gives then. */
beforeAll(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
  ({ page } = browser);
  const url = deployment.url.replace('127.0.0.1', 'localhost');
  await signIn(page, url);
  const refuseWithoutPassword = async (route: Route) => {
    const { password } = (route.request().postDataJSON() ?? {}) as { password?: string };
    if (password !== undefined) return route.continue();
    const [code, reason, detail] = [
      'failed-precondition',
      'sign-in-anew',
      'Sign out, sign in again, and then do this.',
    ];
    const body = { type: `urn:cloister:error:${code}`, title: 'Not possible right now', status: 409, detail };
    await route.fulfill({ status: 409, json: { ...body, code, reason, trace: 'none' } });
  };
  await page.route('**/api/v1/profile/totp', refuseWithoutPassword);
  await page.route('**/api/v1/profile/passkeys/options', refuseWithoutPassword);
  await page.goto(`${url}/settings`);
});
afterAll(async () => {
  await browser?.remove();
  await deployment?.remove();
});

it('a passkey is added with the password', async () => {
  await addAuthenticator(page);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Your password').count()).toBe(0);
  await dialog.getByLabel('Name').fill('Laptop');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('Type your password and go on.').waitFor();
  await dialog.getByLabel('Your password').fill('not the password');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('is not right').waitFor();
  await dialog.getByLabel('Your password').fill(ADMINISTRATOR.password);
  await answerDialog(page, 'Go on');
  await page.getByText('Laptop').waitFor();
});

it('an authenticator app is set up with the password', async () => {
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('dialog').getByText('so the server asks again who you are').waitFor();
  await page.getByRole('dialog').getByLabel('Your password').fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  await page.keyboard.press('Escape');
});
