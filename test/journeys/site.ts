import type { Page } from 'playwright-core';
import { testModelPath } from '../../server/inference/testing.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

/** A real server with a real model, still without its administrator unless it is asked for. */
export async function startSite(options: { administrator: boolean }): Promise<Deployment> {
  return startDeployment({
    administrator: options.administrator,
    modelFile: await testModelPath(),
  });
}

/** The one-time link that the server printed. */
export async function setUpLink(deployment: Deployment): Promise<string> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const link = /^\s*(https?:\S+\/setup#token=\S+)$/m.exec(deployment.output())?.[1];
    if (link !== undefined) return link;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('The server printed no one-time link');
}

export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill(ADMINISTRATOR.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
}

/** Creates a project and waits in its Prompt Lab until the model can answer. */
export async function openNewProject(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await promptField(page).waitFor();
  await page.getByRole('definition').filter({ hasText: 'Ready' }).waitFor({ timeout: 240_000 });
}

export const promptField = (page: Page) => page.getByLabel('Prompt', { exact: true });
export const output = (page: Page) => page.getByRole('region', { name: 'Output' });
export const facts = (page: Page) => page.locator('.cl-facts');

export async function saveAs(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Save as …' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Opens the panel of saved prompts if it is closed. */
export async function showSavedPrompts(page: Page): Promise<void> {
  const toggle = page.locator('.cl-lab__toolbar').getByRole('button', { name: 'Saved prompts' });
  if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click();
}
