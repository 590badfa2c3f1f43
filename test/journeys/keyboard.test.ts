import { TOTP } from 'otpauth';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';

/** More than any of these pages has places that take the focus. */
const MOST_TABS = 60;

/** From here on nothing is clicked and nothing is focused but by keys. */
describe('with the keyboard alone', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  const press = (key: string) => page.keyboard.press(key);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const hasFocus = async (element: Locator) => (await element.and(page.locator(':focus')).count()) === 1;

  async function tabTo(element: Locator): Promise<void> {
    await element.waitFor();
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      if (await hasFocus(element)) return;
      await press('Tab');
    }
    throw new Error(`The tab key does not lead to ${element}`);
  }
  async function enter(element: Locator): Promise<void> {
    await tabTo(element);
    await press('Enter');
  }
  /** A page moves the focus to its heading, from where Tab leads into it. */
  async function expectPage(heading: string): Promise<void> {
    await expect
      .poll(() => hasFocus(page.getByRole('heading', { level: 1, name: heading, exact: true })), { timeout: 10_000 })
      .toBe(true);
  }
  async function openFromAccountMenu(link: string, heading: string): Promise<void> {
    await press('Control+Home');
    await enter(button('Account and appearance'));
    await enter(page.getByRole('region', { name: 'Account and appearance' }).getByRole('link', { name: link }));
    await expectPage(heading);
  }
  /** What closes gives the focus back to something of the page, not to its beginning. */
  async function expectFocusInPage(): Promise<void> {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('main :focus').count()).toBe(1);
  }
  /** The button that copies has the focus. Its hint takes the first Escape, the dialog the second. */
  async function leaveShownOnce(): Promise<void> {
    await expect.poll(() => hasFocus(page.locator('.cl-shown-once button').first())).toBe(true);
    await press('Escape');
    await press('Escape');
    await expectFocusInPage();
  }

  it('somebody signs in', async () => {
    await page.goto(`${deployment.url}/sign-in`);
    await expectPage('Sign in');
    await tabTo(page.getByLabel('Email'));
    await page.keyboard.type(ADMINISTRATOR.email);
    await tabTo(page.getByLabel('Password', { exact: true }));
    await page.keyboard.type(ADMINISTRATOR.password);
    await press('Enter');
    await expectPage('Projects');
  });

  it('invites somebody with a role, and takes it back', async () => {
    await openFromAccountMenu('People', 'People');
    await enter(button('Invite somebody'));
    await expect.poll(() => hasFocus(page.getByLabel('Email'))).toBe(true);
    await page.keyboard.type('bo@example.org');
    await tabTo(page.getByRole('radio', { name: /^Member/ }));
    await press('ArrowDown');
    expect(await page.getByRole('radio', { name: /^Governance administrator/ }).isChecked()).toBe(true);
    await enter(button('Make link'));
    await page.getByText('Copy it now.').waitFor();
    await leaveShownOnce();
    await expect.poll(() => hasFocus(button('Invite somebody'))).toBe(true);

    await enter(button('Actions for the invitation of bo@example.org'));
    await expect.poll(() => hasFocus(page.getByRole('menuitem', { name: 'New link' }))).toBe(true);
    await press('ArrowDown');
    await press('Enter');
    await enter(button('Take back'));
    await page.getByText('Nobody has an invitation that is still open.').waitFor();
    await expectFocusInPage();
  });

  it('leaves a dialog with Escape, and is where they were', async () => {
    await tabTo(button('Actions for ada'));
    await press('Enter');
    await page.getByRole('menuitem', { name: 'Change role' }).waitFor();
    await press('Enter');
    await page.getByRole('dialog').getByText('Role of ada').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => hasFocus(button('Actions for ada'))).toBe(true);
  });

  it('changes the name, and sets up an authenticator app', async () => {
    await openFromAccountMenu('Your settings', 'Your settings');
    await tabTo(page.getByLabel('Name', { exact: true }));
    await press('Control+a');
    await page.keyboard.type('Ada Lovelace');
    await press('Enter');
    await page.getByRole('status').getByText('Saved').waitFor({ state: 'attached' });

    await enter(button('Set up'));
    await expect.poll(() => hasFocus(page.getByLabel('Code that the app shows now'))).toBe(true);
    const secret = (await page.locator('.cl-steps code').textContent()) ?? '';
    await page.keyboard.type(new TOTP({ secret }).generate());
    await press('Enter');
    await page.getByText('Copy it now.').waitFor();
    await leaveShownOnce();
    await page.getByText('10 are left.').waitFor();

    await enter(button('Turn off'));
    await tabTo(page.getByLabel('Your password'));
    await page.keyboard.type(ADMINISTRATOR.password);
    await press('Enter');
    await button('Set up').waitFor();
    await expectFocusInPage();
  });

  it('signs out', async () => {
    await press('Control+Home');
    await enter(button('Account and appearance'));
    await enter(button('Sign out'));
    await expectPage('Sign in');
  });
});
