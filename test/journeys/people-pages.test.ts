import { TOTP } from 'otpauth';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { addAuthenticator, answerDialog, chooseAction, givePassword, signOut, takeShownOnce } from './people-pages.ts';
import { signIn } from './site.ts';

const BO = { email: 'bo@example.org', name: 'Bo Bakker', password: 'several words make a good one' };
const NEW_PASSWORD = 'other words are as good as those';

/** Steps of one story, each on what the ones before have left. */
describe('people of an account, on their pages', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  /** By its name: browsers make passkeys for no numeric address. */
  let url: string;
  let owner: Page;
  let bo: Page;
  let totpSecret: string;
  let recoveryCodes: string[];

  beforeAll(async () => {
    deployment = await startDeployment();
    url = deployment.url.replace('127.0.0.1', 'localhost');
    browser = await startBrowser();
    owner = browser.page;
    bo = await newPage();
    await signIn(owner, url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  /** A page of another browser, as far as cookies go. */
  async function newPage(): Promise<Page> {
    const context = (await browser.context.browser()?.newContext()) as BrowserContext;
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    return page;
  }

  const personRow = (name: string) => owner.getByRole('row').filter({ hasText: name });
  const openProjects = (page: Page) => page.getByRole('heading', { name: 'Projects', exact: true }).waitFor();
  /** A code of the authenticator app, as it shows it so many steps of 30 s from now; each is good once. */
  const totpCode = (stepsAhead: number): string =>
    new TOTP({ secret: totpSecret }).generate({ timestamp: Date.now() + stepsAhead * 30_000 });

  it('an owner invites somebody, who joins with the link; it works once', async () => {
    await owner.goto(`${url}/people`);
    await owner.getByRole('button', { name: 'Invite somebody' }).click();
    await owner.getByLabel('Email').fill(BO.email);
    await answerDialog(owner, 'Make link');
    const link = (await takeShownOnce(owner)).replace('127.0.0.1', 'localhost');
    await owner.getByRole('table', { name: 'Invitations' }).getByText(BO.email, { exact: true }).waitFor();

    await bo.goto(link);
    await bo.getByText('Main account').first().waitFor();
    expect(bo.url()).toBe(`${url}/invitation`);
    await bo.getByText(BO.email).waitFor();
    await bo.getByRole('button', { name: 'Join' }).click();
    await bo.getByText('Say who you are').waitFor();
    await bo.getByLabel('Your name').fill(BO.name);
    await bo.getByLabel('Choose a password').fill(BO.password);
    await bo.getByRole('button', { name: 'Join' }).click();
    await openProjects(bo);

    const late = await newPage();
    await late.goto(link);
    await late.getByText('The link was used, taken back, or has expired.').waitFor();
    await late.context().close();
  });

  it('a role is changed, and the last owner stays one', async () => {
    await owner.goto(`${url}/people`);
    await chooseAction(owner, `Actions for ${BO.name}`, 'Change role');
    await owner.getByRole('dialog').getByText('Governance administrator', { exact: true }).click();
    await answerDialog(owner, 'Change');
    await personRow(BO.name).getByText('Governance administrator').waitFor();

    await chooseAction(owner, 'Actions for ada', 'Change role');
    await owner.getByRole('dialog').getByText('Member', { exact: true }).click();
    await owner.getByRole('button', { name: 'Change', exact: true }).click();
    await owner.getByRole('dialog').locator('.cl-problem').waitFor();
    await owner.keyboard.press('Escape');
    await personRow('(you)').getByText('Owner').waitFor();
  });

  it('somebody who manages nobody sees people and no way to change them', async () => {
    await bo.goto(`${url}/people`);
    await bo.getByRole('table', { name: 'People' }).getByText('ada@example.org').waitFor();
    expect(await bo.getByRole('button', { name: 'Actions' }).count()).toBe(0);
    expect(await bo.getByRole('button', { name: 'Invite somebody' }).count()).toBe(0);
    expect(await bo.getByRole('link', { name: 'Service IDs' }).count()).toBe(0);
    await bo.goto(`${url}/service-ids`);
    await bo.getByRole('heading', { name: 'Page not found' }).waitFor();
  });

  it('a password is reset with a link', async () => {
    await owner.goto(`${url}/people`);
    await chooseAction(owner, `Actions for ${BO.name}`, 'Password reset link');
    await answerDialog(owner, 'Make link');
    const link = (await takeShownOnce(owner)).replace('127.0.0.1', 'localhost');

    await bo.goto(link);
    await bo.getByRole('button', { name: 'Sign out and go on' }).click();
    await bo.getByLabel('New password').fill(NEW_PASSWORD);
    await bo.getByRole('button', { name: 'Set password' }).click();
    await bo.getByText('Your new password is set.').waitFor();
    await givePassword(bo, url, BO.email, NEW_PASSWORD);
    await openProjects(bo);
  });

  it('an authenticator app is set up, and asked for', async () => {
    await bo.goto(`${url}/settings`);
    await bo.getByRole('button', { name: 'Set up' }).click();
    await bo.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    totpSecret = (await bo.locator('.cl-steps code').textContent()) ?? '';
    await bo.getByLabel('Code that the app shows now').fill(totpCode(0));
    await answerDialog(bo, 'Turn on');
    recoveryCodes = (await takeShownOnce(bo)).split('\n');
    expect(new Set(recoveryCodes).size).toBe(10);
    await bo.getByText('10 are left.').waitFor();

    await signOut(bo);
    await givePassword(bo, url, BO.email, NEW_PASSWORD);
    await bo.getByLabel('Code', { exact: true }).fill('000000');
    await bo.getByRole('button', { name: 'Continue' }).click();
    await bo.getByText('The code is not right').waitFor();
    await bo.getByLabel('Code', { exact: true }).fill(totpCode(1));
    await bo.getByRole('button', { name: 'Continue' }).click();
    await openProjects(bo);
    await owner.goto(`${url}/people`);
    await personRow(BO.name).getByText('Authenticator app').waitFor();
  });

  it('a recovery code stands in for the app, once', async () => {
    const [code = '', other = ''] = recoveryCodes;
    const give = async (one: string) => {
      await bo.getByLabel('Recovery code').fill(one);
      await bo.getByRole('button', { name: 'Continue' }).click();
    };
    await signOut(bo);
    await givePassword(bo, url, BO.email, NEW_PASSWORD);
    await bo.getByRole('button', { name: 'Use a recovery code' }).click();
    await give(code);
    await openProjects(bo);

    await signOut(bo);
    await givePassword(bo, url, BO.email, NEW_PASSWORD);
    await bo.getByRole('button', { name: 'Use a recovery code' }).click();
    await give(code);
    await bo.getByText('The code is not right').waitFor();
    await give(other);
    await openProjects(bo);
  });

  it('a passkey signs in alone, and after the password', async () => {
    await addAuthenticator(bo);
    await bo.goto(`${url}/settings`);
    await bo.getByRole('button', { name: 'Add a passkey' }).click();
    await bo.getByRole('dialog').getByLabel('Name').fill('Laptop');
    await answerDialog(bo, 'Go on');
    await bo.getByText('Laptop').waitFor();

    await signOut(bo);
    await bo.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await openProjects(bo);

    await signOut(bo);
    await givePassword(bo, url, BO.email, NEW_PASSWORD);
    await bo.getByRole('button', { name: 'Use a passkey' }).click();
    await bo.getByRole('button', { name: 'Use your passkey' }).click();
    await openProjects(bo);

    await bo.goto(`${url}/settings`);
    await bo.getByRole('button', { name: 'Remove passkey Laptop' }).click();
    await bo.getByLabel('Your password').fill('not the password');
    await bo.getByRole('button', { name: 'Remove', exact: true }).click();
    await bo.getByText('The password is not right.').waitFor();
    await bo.getByLabel('Your password').fill(NEW_PASSWORD);
    await answerDialog(bo, 'Remove');
    await bo.getByText('You have none yet.').waitFor();
  });

  it('login sessions are listed, and end where they are ended', async () => {
    const elsewhere = await newPage();
    await signIn(elsewhere, url);
    await owner.goto(`${url}/settings`);
    const sessions = owner.getByRole('list', { name: 'Login sessions' }).getByRole('listitem');
    await expect.poll(() => sessions.count()).toBe(2);
    await sessions.filter({ hasText: 'This one' }).waitFor();
    await owner.getByRole('button', { name: /^End session of/ }).click();
    await answerDialog(owner, 'End session');
    await expect.poll(() => sessions.count()).toBe(1);
    await elsewhere.reload();
    await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor();

    await signIn(elsewhere, url);
    await owner.reload();
    await owner.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await answerDialog(owner, 'Sign out');
    await elsewhere.reload();
    await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor();
    await elsewhere.context().close();
  });

  it('a password is changed by whoever knows the old one', async () => {
    await bo.goto(`${url}/settings`);
    await bo.getByLabel('Current password').fill('not the password');
    await bo.getByLabel('New password').fill(BO.password);
    await bo.getByRole('button', { name: 'Change password' }).click();
    await bo.locator('.cl-problem').waitFor();
    await bo.getByLabel('Current password').fill(NEW_PASSWORD);
    await bo.getByRole('button', { name: 'Change password' }).click();
    await bo.getByText('Every other session of yours has ended.').waitFor();
  });

  it('somebody is suspended, and is out at once', async () => {
    await owner.goto(`${url}/people`);
    await chooseAction(owner, `Actions for ${BO.name}`, 'Suspend');
    await answerDialog(owner, 'Suspend');
    await personRow(BO.name).getByText('Suspended').waitFor();
    await bo.reload();
    await bo.getByRole('heading', { name: 'Sign in' }).waitFor();
    await chooseAction(owner, `Actions for ${BO.name}`, 'Reset second factor');
    await answerDialog(owner, 'Reset');
    await chooseAction(owner, `Actions for ${BO.name}`, 'Resume');
    await answerDialog(owner, 'Resume');
    await personRow(BO.name).getByText('None').waitFor();
    await givePassword(bo, url, BO.email, BO.password);
    await openProjects(bo);
  });

  it('somebody with one address and password in two accounts chooses between them', async () => {
    const made = await deployment.cloister('account', 'create', '--name', 'Archive', '--owner-email', BO.email);
    const link = /https?:\S+\/invitation#token=\S+/.exec(made.stdout)?.[0] ?? '';
    await signOut(bo);
    await bo.goto(link.replace('127.0.0.1', 'localhost'));
    await bo.getByText('Archive', { exact: true }).waitFor();
    await bo.getByLabel('Your name').fill(BO.name);
    await bo.getByLabel('Choose a password').fill(BO.password);
    await bo.getByRole('button', { name: 'Join' }).click();
    await openProjects(bo);
    await signOut(bo);

    await givePassword(bo, url, BO.email, BO.password);
    await bo.getByRole('heading', { name: 'Choose an account' }).waitFor();
    expect(await violationsBothWays(bo)).toEqual([]);
    await bo.getByRole('button', { name: 'Archive' }).click();
    await openProjects(bo);
    await bo.goto(`${url}/people`);
    await bo.getByRole('table', { name: 'People' }).getByText('(you)').waitFor();
    expect(await bo.getByText('ada@example.org').count()).toBe(0);
  });
});
