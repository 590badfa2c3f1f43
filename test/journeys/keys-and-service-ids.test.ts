import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { answerDialog, chooseAction, takeShownOnce } from './people-pages.ts';
import { promptField, signIn } from './site.ts';

describe('API keys and service IDs', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let projectId: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    page = browser.page;
    await signIn(page, deployment.url);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Contracts');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await promptField(page).waitFor();
    projectId = /projects\/([^/]+)/.exec(page.url())?.[1] ?? '';
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  async function ask(path: string, key: string): Promise<number> {
    const response = await fetch(`${deployment.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    await response.body?.cancel();
    return response.status;
  }

  it('a key has a scope and an end, and its secret is rotated', async () => {
    await page.goto(`${deployment.url}/api-keys`);
    await page.getByRole('button', { name: 'New API key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Nightly batch');
    await dialog.getByLabel('Expires').selectOption('30');
    await dialog.getByRole('combobox', { name: 'Project' }).selectOption({ label: 'Contracts' });
    await dialog.getByRole('combobox', { name: 'Models' }).selectOption('chosen');
    expect(await dialog.getByRole('button', { name: 'Create' }).isEnabled()).toBe(false);
    await dialog.getByText('SmolLM2 135M Instruct').click();
    await dialog.getByText('Only for running prompts').click();
    await answerDialog(page, 'Create');
    const key = await takeShownOnce(page);
    expect(key).toMatch(/^cl_/);
    await row('Nightly batch').getByText('Contracts').waitFor();
    await row('Nightly batch').getByText('SmolLM2 135M Instruct').waitFor();
    await row('Nightly batch').getByText('Running prompts only').waitFor();
    expect(await ask('/v1/models', key)).toBe(200);
    expect(await ask(`/api/v1/projects/${projectId}/prompt-templates`, key)).toBe(403);

    await chooseAction(page, 'Actions for API key Nightly batch', 'Rotate');
    await answerDialog(page, 'Rotate');
    const next = await takeShownOnce(page);
    expect(await ask('/v1/models', key)).toBe(401);
    expect(await ask('/v1/models', next)).toBe(200);
    await chooseAction(page, 'Actions for API key Nightly batch', 'Delete');
    await answerDialog(page, 'Delete');
    await page.getByRole('heading', { name: 'No API key yet' }).waitFor();
    expect(await ask('/v1/models', next)).toBe(401);
  });

  it('a key that ends within two weeks is told of', async () => {
    await page.getByRole('button', { name: 'New API key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('For a visit');
    await dialog.getByLabel('Expires').selectOption('date');
    const soon = new Date(Date.now() + 5 * 24 * 60 * 60_000).toISOString().slice(0, 10);
    await dialog.getByLabel('Last day').fill('2020-01-01');
    await dialog.getByText('Choose a day that is not over.').waitFor();
    await dialog.getByLabel('Last day').fill(soon);
    await answerDialog(page, 'Create');
    await takeShownOnce(page);
    await page.getByText('A key expires soon.').waitFor();
    await row('For a visit')
      .getByText(/^in \d days$/)
      .waitFor();
  });

  it('a service ID has keys of its own, which stop while it is suspended', async () => {
    await page.goto(`${deployment.url}/service-ids`);
    await page.getByRole('button', { name: 'New service ID' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Archive robot');
    await answerDialog(page, 'Create');
    await page.getByRole('heading', { level: 1, name: 'Archive robot' }).waitFor();
    expect(await page.title()).toBe('Service ID – Cloister');
    await page.getByRole('button', { name: 'New API key' }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Rack 4');
    await answerDialog(page, 'Create');
    const key = await takeShownOnce(page);
    expect(await ask('/v1/models', key)).toBe(200);

    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    expect(await ask('/v1/models', key)).toBe(401);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();
    expect(await ask('/v1/models', key)).toBe(200);

    await page.getByRole('button', { name: 'Rename or describe' }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Archive robot 2');
    await answerDialog(page, 'Save');
    await page.getByRole('heading', { level: 1, name: 'Archive robot 2' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No service ID yet' }).waitFor();
    expect(await ask('/v1/models', key)).toBe(401);
  });
});
