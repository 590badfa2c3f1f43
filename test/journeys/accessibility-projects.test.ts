import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { expectFocus, tabTo } from './keyboard-steps.ts';
import { answerDialog, chooseAction } from './people-pages.ts';
import { COLLEAGUE, choose, openColleague, pick, prepareProject } from './project-pages.ts';
import { signIn } from './site.ts';

describe('the pages of a project and of the audit log are usable by everybody', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let grace: Page;
  let project: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    ({ id: project } = await prepareProject(deployment, 'Contracts'));
    page = browser.page;
    await signIn(page, deployment.url);
    const itself = browser.context.browser();
    if (itself === null) throw new Error('The browser is gone');
    grace = await openColleague(itself, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  const open = async (who: Page, path: string, heading: string) => {
    await who.goto(`${deployment.url}${path}`);
    await who.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const closeDialog = async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  };
  const expectClean = async (who: Page, where: string) =>
    expect([where, await violationsBothWays(who)]).toEqual([where, []]);

  it('collaborators, by keyboard alone', async () => {
    await open(page, `/projects/${project}/collaborators`, 'Collaborators');
    const add = page.getByRole('button', { name: 'Add collaborators' });
    await tabTo(page, add);
    await page.keyboard.press('Enter');
    const search = page.getByRole('dialog').getByRole('searchbox');
    await expectFocus(search);
    await page.keyboard.type('grac');
    const colleague = page.getByRole('checkbox', { name: COLLEAGUE.name });
    await colleague.waitFor();
    await tabTo(page, colleague);
    await page.keyboard.press('Space');
    await tabTo(page, page.getByRole('radio', { name: /^Viewer/ }));
    await page.keyboard.press('ArrowUp');
    await expectFocus(page.getByRole('radio', { name: /^Editor/ }));
    await tabTo(page, page.getByRole('button', { name: 'Add', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('cell', { name: 'Editor', exact: true }).waitFor();
    await expectFocus(add);

    const menu = page.getByRole('button', { name: `Actions for ${COLLEAGUE.name}` });
    await tabTo(page, menu);
    await page.keyboard.press('Enter');
    await expectFocus(page.getByRole('menuitem', { name: 'Change role …' }));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Remove ${COLLEAGUE.name}?` }).waitFor();
    await closeDialog();
    await expectFocus(menu);
  });

  it('collaborators and their dialogs', async () => {
    await expectClean(page, 'collaborators');
    for (const action of ['Change role …', 'Remove …']) {
      await chooseAction(page, `Actions for ${COLLEAGUE.name}`, action);
      await expectClean(page, action);
      await closeDialog();
    }
    await chooseAction(page, 'Actions for ada', 'Remove …');
    await page.getByRole('button', { name: 'Leave project' }).click();
    await page.getByText(/last Admin/i).waitFor();
    await expectClean(page, 'the last Admin');
    await closeDialog();
    await page.getByRole('button', { name: 'Add collaborators' }).click();
    await page.getByText('Everybody in this account is here already.').waitFor();
    await expectClean(page, 'nobody to add');
    await closeDialog();
  });

  it('a project as its Editor sees it, who then leaves', async () => {
    await open(grace, `/projects/${project}/storage`, 'Storage');
    await grace.getByRole('table', { name: 'Objects' }).waitFor();
    await expectClean(grace, 'bucket of an Editor');
    await open(grace, `/projects/${project}/collaborators`, 'Collaborators');
    await expectClean(grace, 'collaborators of an Editor');
    await grace.getByRole('button', { name: 'Leave project' }).click();
    await answerDialog(grace, 'Leave project');
    await grace.getByRole('heading', { name: 'Begin with a project' }).waitFor();
    expect(grace.url()).toBe(`${deployment.url}/projects`);
  });

  it('a project as its Viewer sees it', async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Add collaborators' }).click();
    await pick(page, 'grac', COLLEAGUE.email);
    await expectClean(page, 'somebody to add');
    await answerDialog(page, 'Add');
    await open(grace, `/projects/${project}/lab`, 'Prompt Lab');
    await grace.getByRole('cell', { name: 'Northern mill' }).waitFor();
    await expectClean(grace, 'lab of a Viewer');
    await open(grace, `/projects/${project}/storage`, 'Storage');
    await expectClean(grace, 'bucket of a Viewer');
  });

  it('the bucket, its grants and its dialogs', async () => {
    await open(page, `/projects/${project}/storage`, 'Storage');
    await page.getByText('The bucket was granted to nobody.').waitFor();
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, page.getByRole('button', { name: 'Upload an object' }));
    await page.keyboard.press('Enter');
    await (await chooser).setFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.getByText('Sealed as').waitFor();
    await page.getByRole('button', { name: 'Grant access' }).click();
    await pick(page, 'grac', COLLEAGUE.email);
    await choose(page, 'Writer');
    await expectClean(page, 'somebody to grant it');
    await answerDialog(page, 'Grant');
    await page.getByRole('table', { name: 'Bucket grants' }).waitFor();
    await expectClean(page, 'bucket');
    for (const action of ['Change access …', 'Revoke …']) {
      await chooseAction(page, `Actions for the grant of ${COLLEAGUE.name}`, action);
      await expectClean(page, action);
      await closeDialog();
    }
    await page
      .getByRole('button', { name: /^Delete object/ })
      .last()
      .click();
    await page.getByText('nobody can open it any more').waitFor();
    await expectClean(page, 'delete an object');
    await closeDialog();
  });

  it('shared buckets, and giving one back', async () => {
    await open(grace, '/buckets', 'Shared buckets');
    await expectClean(grace, 'shared buckets');
    await grace.getByRole('link', { name: 'Contracts' }).last().click();
    await grace.getByRole('button', { name: 'Give it back …' }).click();
    await expectClean(grace, 'give it back');
    await answerDialog(grace, 'Give back');
    await grace.getByText('its objects are not yours to see').waitFor();
    await open(grace, '/buckets', 'Shared buckets');
    await grace.getByRole('heading', { name: 'No bucket was granted to you' }).waitFor();
    await expectClean(grace, 'no shared bucket');
  });

  it('assets and their dialogs, by keyboard too', async () => {
    await open(page, `/projects/${project}/assets`, 'Assets');
    const menu = page.getByRole('button', { name: 'Actions for Northern mill' });
    await menu.waitFor();
    await expectClean(page, 'assets');
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, page.getByRole('button', { name: 'Upload data' }));
    await page.keyboard.press('Enter');
    await (await chooser).setFiles({ name: 'cases.csv', mimeType: 'text/csv', buffer: Buffer.from('a') });
    await expectFocus(page.getByLabel('Name', { exact: true }));
    await expectClean(page, 'upload data');
    await page.keyboard.press('Enter');
    await page.getByText('cases.csv is an asset of the project now.').waitFor();
    await expectClean(page, 'uploaded');
    await tabTo(page, page.getByRole('searchbox'));
    await page.keyboard.type('northern');
    await page.getByText('1 asset', { exact: true }).waitFor();
    await tabTo(page, menu);
    await page.keyboard.press('Enter');
    await expectFocus(page.getByRole('menuitem', { name: 'Open in the Prompt Lab' }));
    await page.keyboard.press('ArrowDown');
    await expectFocus(page.getByRole('menuitem', { name: 'Download' }));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expectFocus(page.getByLabel('Name', { exact: true }));
    await expectClean(page, 'details of an asset');
    await closeDialog();
    await expectFocus(menu);
    await chooseAction(page, 'Actions for Northern mill', 'Delete …');
    await expectClean(page, 'delete an asset');
    await closeDialog();
    await page.getByRole('searchbox').fill('nowhere');
    await page.getByText('Nothing here is like this.').waitFor();
    await expectClean(page, 'no such asset');
  });

  it('the audit log, by keyboard too', async () => {
    await open(page, '/audit-log', 'Audit log');
    await page.getByRole('table', { name: 'Audit events' }).waitFor();
    const details = page.getByRole('button', { name: /^Details of event/ }).first();
    await tabTo(page, details);
    await page.keyboard.press('Enter');
    await page.getByText('Hash of the event before').waitFor();
    expect(await details.getAttribute('aria-expanded')).toBe('true');
    await expectClean(page, 'audit log');
    await page.getByLabel('When').selectOption('between');
    await page.getByLabel('First day').fill('2020-01-01');
    await page.getByLabel('Last day').fill('2020-01-02');
    await page.getByText('No event is like this.').waitFor();
    await expectClean(page, 'no such event');
    await page.getByRole('button', { name: 'Change …' }).click();
    await choose(page, 'For a number of days');
    await page.getByText('There is none now.').waitFor();
    await expectClean(page, 'retention');
    await closeDialog();
  });
});
