import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { prepareProject, SAVED_PROMPT } from './project-pages.ts';
import { signIn } from './site.ts';

let deployment: Deployment;
let browser: RealBrowser;
let folder: string;

beforeAll(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
  folder = mkdtempSync(join(tmpdir(), 'cloister-export-'));
}, 120_000);
afterAll(async () => {
  await browser?.remove();
  await deployment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('the page to export and import a project', () => {
  it('gives the project out as a file, and takes it into another one', async () => {
    const { url } = deployment;
    const { page } = browser;
    const project = await prepareProject(deployment, 'Northern mill');
    const ada = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    const target = await must<{ id: string }>(url, ada, 'POST', '/api/v1/projects', { name: 'Southern mill' });

    await signIn(page, url);
    await page.goto(`${url}/projects/${project.id}/lab`);
    await page.getByRole('link', { name: 'Export and import' }).click();
    await page.getByRole('heading', { level: 1, name: 'Export and import' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);

    const recipient = page.getByLabel('Encrypt to an age recipient (optional)');
    await recipient.fill('age1nobody');
    await page.getByText('An age recipient begins with age1').waitFor();
    expect(await page.getByRole('button', { name: 'Export the project' }).isDisabled()).toBe(true);
    await recipient.fill('');
    const file = join(folder, 'project.zip');
    const [archive] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export the project' }).press('Enter'),
    ]);
    expect(archive.suggestedFilename()).toBe(`cloister-project-${project.id}.zip`);
    await archive.saveAs(file);

    await page.goto(`${url}/projects/${target.id}/export`);
    await page.getByLabel('Archive to import').setInputFiles(file);
    await page.getByText('1 item,').waitFor();
    await page.getByText('The uploaded archive was deleted.').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
    type Listed = { readonly items: readonly { readonly id: string; readonly name: string }[] };
    const { items } = await must<Listed>(url, ada, 'GET', `/api/v1/projects/${target.id}/assets`);
    expect(items).toMatchObject([{ name: 'Northern mill' }]);
    const path = `/api/v1/projects/${target.id}/prompt-templates/${items[0]?.id}`;
    expect(await must(url, ada, 'GET', path)).toMatchObject({ content: { text: SAVED_PROMPT } });
  }, 120_000);

  it('says what is wrong with a file that is no archive, and that it stays', async () => {
    const { page } = browser;
    const buffer = Buffer.from('no archive');
    await page
      .getByLabel('Archive to import')
      .setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer });
    await page.getByText('This archive cannot be taken in').waitFor();
    await page.getByText('The archive stays under Assets').waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  }, 60_000);
});
