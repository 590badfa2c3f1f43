import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, send } from '../support/callers.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { answerDialog, chooseAction } from './people-pages.ts';
import { COLLEAGUE, choose, download, openColleague, pick, prepareProject, SAVED_PROMPT } from './project-pages.ts';
import { promptField, signIn } from './site.ts';

describe('a project and the people who share it', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  /** An Admin of the project, and its owner's colleague. */
  let ada: Page;
  let grace: Page;
  let graceAtTheApi: Caller;
  let project: string;
  let template: string;

  const address = (path: string) => `${deployment.url}/projects/${project}${path}`;
  const rowOf = (page: Page, table: string, name: string) =>
    page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    ({ id: project, templateId: template, colleague: graceAtTheApi } = await prepareProject(deployment, 'Contracts'));
    ada = browser.page;
    await signIn(ada, deployment.url);
    const itself = browser.context.browser();
    if (itself === null) throw new Error('The browser is gone');
    grace = await openColleague(itself, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('shows nothing of it to a colleague who has no part in it', async () => {
    await grace.getByRole('heading', { name: 'Begin with a project' }).waitFor();
    for (const path of ['/lab', '/collaborators', '/bucket']) {
      await grace.goto(address(path));
      await grace.getByRole('heading', { name: 'Page not found' }).waitFor();
    }
  });

  it('an Admin adds a colleague as Viewer, who sees that a prompt is saved and opens none', async () => {
    await ada.goto(address('/collaborators'));
    await ada.getByRole('button', { name: 'Add collaborators' }).click();
    await pick(ada, 'grac', COLLEAGUE.email);
    await choose(ada, 'Viewer');
    await answerDialog(ada, 'Add');
    await rowOf(ada, 'Collaborators', COLLEAGUE.email).getByText('Viewer', { exact: true }).waitFor();

    await grace.goto(`${deployment.url}/projects`);
    await grace.getByRole('link', { name: 'Contracts' }).click();
    await grace.getByRole('cell', { name: 'Northern mill' }).waitFor();
    expect(await grace.getByRole('main').getByRole('link').count()).toBe(0);
    await grace.goto(address(`/lab/${template}`));
    await grace.getByText('You are a Viewer of').waitFor();
    expect(await grace.getByText(SAVED_PROMPT).count()).toBe(0);
    expect(await promptField(grace).count()).toBe(0);
    const refused = await send(
      deployment.url,
      graceAtTheApi,
      'GET',
      `/api/v1/projects/${project}/prompt-templates/${template}`,
    );
    expect(refused.status).toBe(403);
    await grace.goto(address('/bucket'));
    await grace.getByText('its objects are not yours to see').waitFor();
  });

  it('a Viewer reads who is in the project and changes nothing', async () => {
    await grace.goto(address('/collaborators'));
    await rowOf(grace, 'Collaborators', COLLEAGUE.email).getByText('(you)').waitFor();
    expect(await grace.getByRole('button', { name: /^(Actions for|Add collaborators)/ }).count()).toBe(0);
  });

  it('as Editor the colleague opens the prompt', async () => {
    await chooseAction(ada, `Actions for ${COLLEAGUE.name}`, 'Change role …');
    await choose(ada, 'Editor');
    await answerDialog(ada, 'Change role');
    await rowOf(ada, 'Collaborators', COLLEAGUE.email).getByText('Editor', { exact: true }).waitFor();

    await grace.goto(address(`/lab/${template}`));
    await grace.getByRole('heading', { level: 1, name: 'Northern mill' }).waitFor();
    expect(await promptField(grace).inputValue()).toBe(SAVED_PROMPT);
  });

  it('removed, the colleague finds no such project', async () => {
    await chooseAction(ada, `Actions for ${COLLEAGUE.name}`, 'Remove …');
    await answerDialog(ada, 'Remove');
    await expect.poll(() => rowOf(ada, 'Collaborators', COLLEAGUE.email).count()).toBe(0);

    await grace.goto(address(`/lab/${template}`));
    await grace.getByRole('heading', { name: 'Page not found' }).waitFor();
    await grace.goto(`${deployment.url}/projects`);
    await grace.getByRole('heading', { name: 'Begin with a project' }).waitFor();
  });

  it('the last Admin cannot leave, and is told why', async () => {
    await chooseAction(ada, 'Actions for ada', 'Remove …');
    await ada.getByRole('button', { name: 'Leave project' }).click();
    await ada
      .getByRole('dialog')
      .getByText(/last Admin/i)
      .waitFor();
    await ada.keyboard.press('Escape');
  });

  it('granted the bucket alone, the colleague reaches its objects and nothing else', async () => {
    await ada.goto(address('/bucket'));
    await ada.getByRole('button', { name: 'Grant access' }).click();
    await pick(ada, COLLEAGUE.email, COLLEAGUE.email);
    await choose(ada, 'Reader');
    await answerDialog(ada, 'Grant');
    await rowOf(ada, 'Bucket grants', COLLEAGUE.email).getByText('Reader', { exact: true }).waitFor();

    await grace.goto(`${deployment.url}/buckets`);
    await grace.getByRole('link', { name: 'Contracts' }).click();
    await grace.getByText('without a role in the project').waitFor();
    const object = grace.getByRole('link', { name: /^Download object/ });
    const opened = await download(grace, () => object.click());
    expect(opened.text).toContain(SAVED_PROMPT);
    expect(await grace.getByRole('button', { name: /^(Upload|Delete object|Grant access)/ }).count()).toBe(0);
    await grace.goto(address('/collaborators'));
    await grace.getByRole('heading', { name: 'Page not found' }).waitFor();
  });

  it('as Writer the colleague uploads an object and deletes it', async () => {
    await chooseAction(ada, `Actions for the grant of ${COLLEAGUE.name}`, 'Change access …');
    await choose(ada, 'Writer');
    await answerDialog(ada, 'Change access');
    await rowOf(ada, 'Bucket grants', COLLEAGUE.email).getByText('Writer', { exact: true }).waitFor();

    await grace.goto(address('/bucket'));
    await grace.getByRole('button', { name: 'Upload an object' }).waitFor();
    const file = { name: 'secret-name.txt', mimeType: 'text/plain', buffer: Buffer.from('Words of my own') };
    await grace.locator('input[type=file]').setInputFiles(file);
    const sealedAs = (await grace.locator('.cl-upload code').textContent()) ?? '';
    const opened = await download(grace, () =>
      grace.getByRole('link', { name: `Download object ${sealedAs}` }).click(),
    );
    expect(opened.text).toBe('Words of my own');
    expect(opened.name).toContain(sealedAs);
    expect(await grace.getByText('secret-name').count()).toBe(0);
    await grace.getByRole('button', { name: `Delete object ${sealedAs}` }).click();
    await answerDialog(grace, 'Delete');
    await expect.poll(() => grace.getByRole('link', { name: `Download object ${sealedAs}` }).count()).toBe(0);
  });

  it('revoked, the bucket is gone for the colleague', async () => {
    await chooseAction(ada, `Actions for the grant of ${COLLEAGUE.name}`, 'Revoke …');
    await answerDialog(ada, 'Revoke');
    await ada.getByText('The bucket was granted to nobody.').waitFor();

    await grace.goto(address('/bucket'));
    await grace.getByRole('heading', { name: 'Page not found' }).waitFor();
    await grace.goto(`${deployment.url}/buckets`);
    await grace.getByRole('heading', { name: 'No bucket was granted to you' }).waitFor();
  });

  it('the audit log tells all of it, in plain words', async () => {
    await ada.goto(`${deployment.url}/audit-log`);
    const events = ada.getByRole('table', { name: 'Audit events' });
    await events.waitFor();
    for (const words of ['Revoked a bucket grant', 'Deleted an object', 'Uploaded an object', 'Opened an object'])
      await events.getByText(words).first().waitFor();
    await ada.getByLabel('Who').selectOption({ label: COLLEAGUE.name });
    await ada.getByLabel('Outcome').selectOption({ label: 'Refused' });
    await expect.poll(() => bodyRows(events).count()).toBe(1);
    await bodyRows(events).getByText('Asked for something they may not have').waitFor();
    await ada.getByRole('button', { name: /^Details of event/ }).click();
    await ada.getByText('open-asset').waitFor();
    expect(await ada.getByText(SAVED_PROMPT).count()).toBe(0);
  });

  it('filters the audit log by what was done, and exports what is shown', async () => {
    await ada.getByRole('button', { name: 'Show everything' }).click();
    await ada.getByLabel('What').selectOption({ label: 'Projects: all' });
    await ada.getByRole('combobox', { name: 'Project' }).selectOption({ label: 'Contracts' });
    const events = ada.getByRole('table', { name: 'Audit events' });
    await expect.poll(() => bodyRows(events).allTextContents()).toHaveLength(4);
    const jsonLines = await download(ada, () => ada.getByRole('link', { name: 'Export JSON Lines' }).click());
    const exported = jsonLines.text.trim().split('\n');
    expect(exported.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      'collaborator.remove',
      'collaborator.change',
      'collaborator.add',
      'project.create',
    ]);
    const csv = await download(ada, () => ada.getByRole('link', { name: 'Export CSV' }).click());
    expect(csv.name).toMatch(/\.csv$/);
    expect(csv.text.trim().split('\n')).toHaveLength(5);
    await ada.getByRole('button', { name: 'Show everything' }).click();
    await events.getByText('Exported the audit log').first().waitFor();
  });

  it('says what a shorter retention removes before it does', async () => {
    await ada.getByRole('button', { name: 'Change …' }).click();
    await choose(ada, 'For a number of days');
    await ada.getByRole('dialog').getByRole('spinbutton').fill('90');
    await ada.getByText('There is none now.').waitFor();
    await answerDialog(ada, 'Remove older events');
    await ada.getByText('For 90 days.').waitFor();
  });

  it('shows the audit log to nobody whose role does not reach', async () => {
    await grace.goto(`${deployment.url}/audit-log`);
    await grace.getByRole('heading', { name: 'Page not found' }).waitFor();
  });
});

const bodyRows = (table: Locator) => table.locator('tbody tr.cds--parent-row');
