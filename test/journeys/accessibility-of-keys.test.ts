import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { expectFocus, tabTo } from './keyboard-steps.ts';
import { answerDialog } from './people-pages.ts';
import { prepareProject } from './project-pages.ts';
import { signIn } from './site.ts';

describe('the pages of keys and of deleting a project are usable by everybody', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let project: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    ({ id: project } = await prepareProject(deployment, 'Contracts'));
    page = browser.page;
    await signIn(page, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  const open = async (path: string, heading: string) => {
    await page.goto(`${deployment.url}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const closeDialog = async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };
  const expectClean = async (where: string) => expect([where, await violationsBothWays(page)]).toEqual([where, []]);

  it('the key of a project and its dialogs, by keyboard too', async () => {
    await open(`/projects/${project}/keys`, 'Keys');
    const rotate = page.getByRole('button', { name: 'Rotate …' });
    await rotate.waitFor();
    await expectClean('key');
    await tabTo(page, rotate);
    await page.keyboard.press('Enter');
    await expectClean('rotate');
    await tabTo(page, page.getByRole('dialog').getByRole('button', { name: 'Rotate', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByText('No sealed object was touched.', { exact: false }).first().waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expectFocus(rotate);
    await expectClean('rotated');
    for (const action of ['Choose a key …', 'Disable …', 'Destroy …']) {
      const button = page.getByRole('button', { name: action });
      await button.click();
      await page.getByRole('dialog').waitFor();
      await expectClean(action);
      await closeDialog();
      await expectFocus(button);
    }
  });

  it('a project whose key is disabled', async () => {
    await page.getByRole('button', { name: 'Disable …' }).click();
    await answerDialog(page, 'Disable');
    await page.getByText('The key of this project is disabled.').waitFor();
    await expectClean('disabled key');
    await open(`/projects/${project}/storage`, 'Storage');
    await page.getByRole('button', { name: 'Keys of the project' }).waitFor();
    await expectClean('bucket of a disabled key');
    await page.getByRole('button', { name: 'Keys of the project' }).click();
    await page.getByRole('button', { name: 'Enable …' }).click();
    await expectClean('Enable …');
    await answerDialog(page, 'Enable');
    await page.getByRole('button', { name: 'Disable …' }).waitFor();
  });

  it('the key of the account, and what the local root key protects against', async () => {
    await open('/account/key', 'Encryption key');
    await page.getByRole('list', { name: 'Providers' }).waitFor();
    await page.getByRole('button', { name: 'Destroy …' }).waitFor();
    await expectClean('key of the account');
    await page.getByRole('button', { name: 'Destroy …' }).click();
    await page.getByRole('dialog').waitFor();
    await expectClean('destroy the keys of the account');
    await closeDialog();
    await open('/account/key/root-key', 'The local root key');
    await expectClean('local root key');
  });

  it('deleting a project, by keyboard alone, and its receipt', async () => {
    await open(`/projects/${project}/delete`, 'Delete project');
    await page.getByText('Keys of the project').waitFor();
    await expectClean('delete');
    await tabTo(page, page.getByRole('textbox'));
    await page.keyboard.type('Contracts');
    await page.keyboard.press('Enter');
    const deleted = page.getByRole('heading', { level: 1, name: 'Project deleted' });
    await deleted.waitFor();
    await expectFocus(deleted);
    await tabTo(page, page.getByRole('button', { name: 'Save receipt' }));
    await expectClean('deleted');
  });
});
