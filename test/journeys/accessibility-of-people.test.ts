import { TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, invite, must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { addAuthenticator, answerDialog, chooseAction, givePassword, signOut, takeShownOnce } from './people-pages.ts';
import { signIn } from './site.ts';

const CY = { email: 'cy@example.org', role: 'member', password: 'several words make a good one' };

describe('pages around people and accounts are usable by everybody', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let url: string;
  let administrator: Caller;

  beforeAll(async () => {
    deployment = await startDeployment();
    url = deployment.url.replace('127.0.0.1', 'localhost');
    administrator = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    const cy = await invite(deployment.url, administrator, CY);
    const totp = await must<{ secret: string }>(deployment.url, cy, 'POST', '/api/v1/profile/totp', {});
    const code = new TOTP({ secret: totp.secret }).generate();
    await must(deployment.url, cy, 'POST', '/api/v1/profile/totp/confirm', { code });
    browser = await startBrowser();
    page = browser.page;
    await addAuthenticator(page);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  const open = async (path: string, heading: string) => {
    await page.goto(`${url}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const dialog = () => page.getByRole('dialog');
  const closeDialog = async () => {
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  };

  it('signing in, with every step', async () => {
    await open('/sign-in#error=not-allowed', 'Sign in');
    await page.getByText('you have no access here').waitFor();
    expect(page.url()).toBe(`${url}/sign-in`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await givePassword(page, url, CY.email, CY.password);
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The code is not right').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  });

  it('one-time links: good, used and incomplete', async () => {
    const { link } = await must<{ link: string }>(deployment.url, administrator, 'POST', '/api/v1/invitations', {
      email: 'di@example.org',
      role: 'member',
    });
    await page.goto(link.replace('127.0.0.1', 'localhost'));
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Say who you are').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.reload();
    await page.getByText('The link is incomplete.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.goto(`${url}/invitation#token=not-a-link`);
    await page.getByText('The link was used, taken back, or has expired.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);

    const { items } = await must<{ items: { id: string; email: string }[] }>(
      deployment.url,
      administrator,
      'GET',
      '/api/v1/people',
    );
    const cy = items.find(({ email }) => email === CY.email);
    const reset = await must<{ link: string }>(
      deployment.url,
      administrator,
      'POST',
      `/api/v1/people/${cy?.id}/password-reset`,
    );
    await page.goto(reset.link.replace('127.0.0.1', 'localhost'));
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('12 more characters are needed.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  });

  it('settings and their dialogs', async () => {
    await signIn(page, url);
    await page.goto(reset(url));
    await page.getByRole('button', { name: 'Sign out and go on' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);

    await open('/settings', 'Your settings');
    await page.getByText('This one').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Give the password that you have now.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);

    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await dialog().getByLabel('Name').fill('Laptop');
    expect(await violationsBothWays(page)).toEqual([]);
    await answerDialog(page, 'Go on');
    await page.getByRole('button', { name: 'Remove passkey Laptop' }).click();
    await page.getByLabel('Your password').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await closeDialog();

    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await closeDialog();
    await page.getByRole('button', { name: 'Make some' }).click();
    await page.getByLabel('Your password').fill(ADMINISTRATOR.password);
    await answerDialog(page, 'Make codes');
    await page.getByText('Copy it now.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await takeShownOnce(page);

    await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
    expect(await violationsBothWays(page)).toEqual([]);
    await closeDialog();
  });

  it('people, their menu and their dialogs', async () => {
    await open('/people', 'People');
    await page.getByRole('table', { name: 'Invitations' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Actions for cy' }).click();
    await page.getByRole('menuitem', { name: 'Suspend' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.keyboard.press('Escape');

    for (const action of ['Change role', 'Reset second factor', 'Remove']) {
      await chooseAction(page, 'Actions for cy', action);
      expect([action, await violationsBothWays(page)]).toEqual([action, []]);
      await closeDialog();
    }
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.getByLabel('Email').fill('eve@example.org');
    expect(await violationsBothWays(page)).toEqual([]);
    await answerDialog(page, 'Make link');
    await page.getByText('Copy it now.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await takeShownOnce(page);
    await chooseAction(page, 'Actions for the invitation of eve@example.org', 'Take back');
    expect(await violationsBothWays(page)).toEqual([]);
    await closeDialog();
  });

  it('API keys and service IDs', async () => {
    await open('/api-keys', 'API keys');
    await page.getByRole('button', { name: 'New API key' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('Nightly batch');
    await dialog().getByLabel('Expires').selectOption('date');
    await dialog().getByLabel('Last day').fill('2020-01-01');
    await dialog().getByRole('combobox', { name: 'Models' }).selectOption('chosen');
    expect(await violationsBothWays(page)).toEqual([]);
    await dialog()
      .getByLabel('Last day')
      .fill(new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10));
    await dialog().getByText('SmolLM2 135M Instruct').click();
    await answerDialog(page, 'Create');
    await page.getByText('Copy it now.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await takeShownOnce(page);
    await page.getByText('A key expires soon.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);

    await open('/service-ids', 'Service IDs');
    await page.getByRole('heading', { name: 'No service ID yet' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'New service ID' }).click();
    await dialog().getByLabel('Name').fill('Archive robot');
    expect(await violationsBothWays(page)).toEqual([]);
    await answerDialog(page, 'Create');
    await page.getByRole('heading', { level: 1, name: 'Archive robot' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    expect(await violationsBothWays(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await open('/service-ids', 'Service IDs');
    await page.getByText('Suspended').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  });

  it('the account, the account menu, and the end', async () => {
    await open('/account', 'Account settings');
    await page.getByLabel('Name', { exact: true }).fill('Contracts department');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Account and appearance' }).click();
    await page.getByRole('link', { name: 'Your settings' }).waitFor();
    await page.getByText('Contracts department').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await signOut(page);
  });
});

/** Any link will do where somebody is signed in: it is not looked at before they are out. */
const reset = (url: string): string => `${url}/password-reset#token=any`;
