import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeletionReceipt, KeyStatus, Session } from '../../contract/app/index.ts';
import { type Caller, must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { answerDialog } from './people-pages.ts';
import {
  choose,
  download,
  openColleague,
  type PreparedProject,
  prepareProject,
  SAVED_PROMPT,
} from './project-pages.ts';
import { promptField, signIn } from './site.ts';

const NAME = 'Contracts';
const ACCOUNT = 'Main account';

describe('the pages of keys, of storage and of deleting for good', () => {
  let folder: string;
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let grace: Page;
  let administrator: Caller;
  let project: PreparedProject;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-providers-'));
    const providers = [{ id: 'cellar', displayName: 'Key in the cellar', url: `local:${join(folder, 'root.key')}` }];
    writeFileSync(join(folder, 'providers.json'), JSON.stringify(providers));
    deployment = await startDeployment({ settings: { CLOISTER_KEY_PROVIDERS: join(folder, 'providers.json') } });
    browser = await startBrowser();
    project = await prepareProject(deployment, NAME);
    administrator = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    const { user } = await must<Session>(deployment.url, project.colleague, 'GET', '/api/v1/session');
    const asCollaborator = `/api/v1/projects/${project.id}/collaborators/${user.id}`;
    await must(deployment.url, administrator, 'PUT', asCollaborator, { role: 'editor' });
    page = browser.page;
    await signIn(page, deployment.url);
    const itself = browser.context.browser();
    if (itself === null) throw new Error('The browser is gone');
    grace = await openColleague(itself, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (who: Page, path: string, heading: string) => {
    await who.goto(`${deployment.url}${path}`);
    await who.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const openKeys = (who = page) => open(who, `/projects/${project.id}/keys`, 'Keys');
  const press = async (button: string) => {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('dialog').waitFor();
  };
  const fact = (who: Page, term: string) =>
    who.locator('.cl-fact-list > div').filter({ hasText: term }).locator('dd').first();
  const keyOf = (place: string) => must<KeyStatus>(deployment.url, administrator, 'GET', `/api/v1${place}/key`);
  const openSavedPrompt = () => page.goto(`${deployment.url}/projects/${project.id}/lab/${project.templateId}`);
  const expectSavedPromptOpens = async () => {
    await openSavedPrompt();
    await expect.poll(() => promptField(page).inputValue(), { timeout: 20_000 }).toBe(SAVED_PROMPT);
  };
  /** What the server says of a receipt that somebody saved. */
  const verify = (receipt: string) =>
    must<{ receipt: DeletionReceipt }>(deployment.url, administrator, 'POST', '/api/v1/receipts/verify', {
      receipt,
    }).then((verified) => verified.receipt);
  const saveReceipt = async (id: string) => {
    const { name, text } = await download(page, () => page.getByRole('button', { name: 'Save receipt' }).click());
    expect(name).toBe(`deletion-receipt-${id}.jws`);
    return verify(text);
  };

  it('tell what the bucket holds, by type, and whose credentials open it where it has any', async () => {
    await open(page, `/projects/${project.id}/storage`, 'Storage');
    await page.getByRole('table', { name: 'Objects' }).waitFor();
    expect(await fact(page, 'Storage').textContent()).toBe('A folder of its own on the server');
    expect(await fact(page, 'Objects').textContent()).toBe('1');
    const sizes = page.getByRole('table', { name: 'Sealed size by type' });
    expect(await sizes.getByRole('row', { name: /^Saved prompts/ }).textContent()).toMatch(/\d B in 1 object$/);
    // Where people kept the address of before.
    await page.goto(`${deployment.url}/projects/${project.id}/bucket`);
    await page.getByRole('heading', { level: 1, name: 'Storage' }).waitFor();
  });

  it('rotate the key, move the project to another provider and back, and what was saved opens each time', async () => {
    await openKeys();
    expect(await fact(page, 'Decided by').textContent()).toContain('The deployment');
    await press('Rotate …');
    await answerDialog(page, 'Rotate');
    await page.getByText('1 project key was wrapped anew. No sealed object was touched.').waitFor();

    await press('Choose a key …');
    await choose(page, 'Key in the cellar');
    await answerDialog(page, 'Use this key');
    await page.getByText('Moved to Key in the cellar.').waitFor();
    await expect.poll(() => fact(page, 'Decided by').textContent()).toBe('This project');
    expect(await fact(page, 'Provider').textContent()).toContain('Key in the cellar');
    expect(await keyOf(`/projects/${project.id}`)).toMatchObject({
      providerId: 'cellar',
      boundAt: 'project',
      projectKeys: { total: 1, underThisKey: 1 },
    });
    await expectSavedPromptOpens();

    await openKeys();
    await press("Use the account's key …");
    await answerDialog(page, 'Use it');
    await expect.poll(() => fact(page, 'Decided by').textContent()).toContain('The deployment');
    await expectSavedPromptOpens();
  });

  it('disable the key, which every page of the project says, and enable it again', async () => {
    await openKeys();
    await press('Disable …');
    await answerDialog(page, 'Disable');
    await page.getByText('The key of this project is disabled.').waitFor();
    expect(await fact(page, 'In this project').textContent()).toBe('Disabled');

    await open(page, `/projects/${project.id}/lab`, 'Prompt Lab: New prompt');
    await page.getByText('The key of this project is disabled.').waitFor();
    await openSavedPrompt();
    await page
      .getByText(/disabled/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await open(grace, `/projects/${project.id}/storage`, 'Storage');
    await grace.getByText('until an Admin of the project enables it. Nothing is lost.').waitFor();

    await openKeys();
    await press('Enable …');
    await answerDialog(page, 'Enable');
    await page.locator('.cl-key-notice').getByText('What was saved opens again.').waitFor();
    await expectSavedPromptOpens();
    expect(await page.getByText('The key of this project is disabled.').count()).toBe(0);
  });

  it('let Editors read which key it is, and decide nothing', async () => {
    await openKeys(grace);
    await grace.getByText('Only Admins of the project change its key.').waitFor();
    expect(await fact(grace, 'In this project').textContent()).toBe('Enabled');
    const main = grace.getByRole('main');
    expect(await main.getByRole('button').count()).toBe(0);
    await grace.goto(`${deployment.url}/projects/${project.id}/delete`);
    await grace.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
    await grace.goto(`${deployment.url}/account/key`);
    await grace.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
  });

  it('move the account, and say what each provider protects against and what not', async () => {
    await open(page, '/account/key', 'Encryption key');
    const providers = page.getByRole('list', { name: 'Providers' });
    await providers.getByText('Key in the cellar').waitFor();
    expect(await providers.getByText('Not against:').count()).toBe(2);
    await press('Choose a key …');
    await choose(page, 'Key in the cellar');
    await answerDialog(page, 'Use this key');
    await expect.poll(() => fact(page, 'Decided by').textContent()).toBe('This account');
    expect(await keyOf(`/projects/${project.id}`)).toMatchObject({ providerId: 'cellar', boundAt: 'account' });
    await expectSavedPromptOpens();

    await open(page, '/account/key', 'Encryption key');
    await page.getByRole('link', { name: /^What the local root key protects against/ }).click();
    await page.getByRole('heading', { level: 1, name: 'The local root key' }).waitFor();
    await page.getByRole('row', { name: /^An administrator of the machine.*Not protected.*Not protected/ }).waitFor();
    await page.getByText('cloister keys export-recovery').waitFor();
  });

  it('offer the receipt of a deleted prompt', async () => {
    const { id } = await must<{ id: string }>(
      deployment.url,
      administrator,
      'POST',
      `/api/v1/projects/${project.id}/prompt-templates`,
      {
        name: 'Southern mill',
        content: {
          mode: 'freeform',
          modelId: 'huggingfacetb/smollm2-135m-instruct',
          parameters: {},
          text: 'Go south.',
        },
      },
    );
    await page.goto(`${deployment.url}/projects/${project.id}/lab/${id}`);
    await expect.poll(() => promptField(page).inputValue(), { timeout: 20_000 }).toBe('Go south.');
    await page.locator('.cl-lab__toolbar').getByRole('button', { name: 'Saved prompts' }).click();
    await page.getByRole('button', { name: 'Actions for Southern mill' }).click();
    await page.getByRole('menuitem', { name: 'Delete …' }).click();
    await answerDialog(page, 'Delete');
    await page.getByText('Southern mill was deleted.').waitFor();
    expect(await saveReceipt(id)).toMatchObject({ what: { type: 'asset', id }, projectId: project.id });
    await page.locator('.cl-receipt-line').getByRole('button', { name: 'Close' }).click();
    expect(await page.getByText('Southern mill was deleted.').count()).toBe(0);
  });

  it('destroy the keys of a project only for its name, say what is lost, and hand out the receipt', async () => {
    await openKeys();
    await press('Destroy …');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/1 sealed object \(\d+ B\), the content of 1 asset/).waitFor();
    const destroy = dialog.getByRole('button', { name: 'Destroy for good' });
    await dialog.getByRole('textbox').fill('contracts');
    expect(await destroy.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill(NAME);
    await answerDialog(page, 'Destroy for good');
    await page.getByText('The key of this project was destroyed.').waitFor();
    expect(await saveReceipt(project.id)).toMatchObject({ sealedObjects: 1, keyDestroyed: true });
    await openSavedPrompt();
    await page.getByRole('button', { name: 'Try again' }).waitFor();

    await openKeys();
    await press('Start over with a new key …');
    await answerDialog(page, 'Start over');
    await page.locator('.cl-key-notice').getByText('What is saved from now on is sealed by new keys.').waitFor();
    expect(await keyOf(`/projects/${project.id}`)).toMatchObject({ state: 'enabled' });
  });

  it('delete a project, say what goes and in which order, and keep the receipt in sight', async () => {
    await open(page, '/projects', 'Projects');
    await page.getByRole('button', { name: `Actions for ${NAME}` }).click();
    await page.getByRole('menuitem', { name: 'Delete …' }).click();
    await page.getByRole('heading', { level: 1, name: 'Delete project' }).waitFor();
    await fact(page, 'Collaborators').waitFor();
    expect(await fact(page, 'Collaborators').textContent()).toBe('2');
    expect(await fact(page, 'Assets').textContent()).toBe('1');
    const button = page.getByRole('button', { name: 'Delete project' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByRole('textbox').fill(NAME);
    await button.click();
    await page.getByRole('heading', { level: 1, name: 'Project deleted' }).waitFor();
    expect(await saveReceipt(project.id)).toMatchObject({ what: { type: 'project', id: project.id } });
    await page.getByRole('link', { name: 'Projects' }).last().click();
    await page.getByRole('heading', { name: 'Begin with a project' }).waitFor();
    await page.goto(`${deployment.url}/projects/${project.id}/keys`);
    await page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
  });

  it('destroy the keys of the account', async () => {
    await open(page, '/account/key', 'Encryption key');
    await press('Destroy …');
    await page.getByRole('dialog').getByRole('textbox').fill(ACCOUNT);
    await answerDialog(page, 'Destroy for good');
    await page.getByText('The key of this account was destroyed.').waitFor();
    expect(await keyOf('/account')).toMatchObject({ state: 'destroyed' });
  });
});
