import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsAtAllWidths } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { expectFocus, tabTo } from './keyboard-steps.ts';
import { answerDialog } from './people-pages.ts';
import { signIn } from './site.ts';

describe('the samples in the browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let project: string;

  const openSamples = async () => {
    await page.getByRole('link', { name: 'Samples', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Samples' }).waitFor();
  };
  const cards = () => page.getByRole('list', { name: 'Samples' }).getByRole('article');
  const openInLab = (title: string) => page.getByRole('button', { name: `Open ${title} in the Prompt Lab` });
  const labIsOpen = () => page.waitForURL(`**/projects/${project}/lab`);

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    page = browser.page;
    const ada = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    ({ id: project } = await must<{ id: string }>(deployment.url, ada, 'POST', '/api/v1/projects', { name: 'New' }));
    await signIn(page, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('an empty project explains itself, and leads to the samples', async () => {
    await page.goto(`${deployment.url}/projects/${project}/assets`);
    await page.getByRole('heading', { name: 'Nothing is saved here yet' }).waitFor();
    await page.getByText('not stored unless you save it').waitFor();
    expect(await page.getByRole('list', { name: 'First steps' }).getByRole('listitem').count()).toBe(3);
    expect(await violationsAtAllWidths(page)).toEqual([]);
    await page.getByRole('link', { name: 'Open a sample' }).click();
    await page.getByRole('heading', { level: 1, name: 'Samples' }).waitFor();
    expect(await cards().count()).toBeGreaterThanOrEqual(8);
    expect(await violationsAtAllWidths(page)).toEqual([]);
  });

  it('shows one kind of task, chosen by keyboard', async () => {
    const translate = page.getByRole('button', { name: 'Translate', exact: true });
    await tabTo(page, translate);
    await page.keyboard.press('Enter');
    await expect.poll(() => cards().count()).toBe(1);
    expect(await translate.getAttribute('aria-pressed')).toBe('true');
    await expectFocus(translate);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await expect.poll(() => cards().count()).toBeGreaterThanOrEqual(8);
  });

  it('opens each mode as a new prompt that nobody has saved', async () => {
    await openInLab('Summary of a report').click();
    await labIsOpen();
    const prompt = page.getByLabel('Prompt', { exact: true });
    await expect.poll(() => prompt.inputValue()).toContain('Summarise the text below in {sentences} sentences');

    await openSamples();
    await openInLab('Kind of a customer message').click();
    await page.getByRole('heading', { name: 'Replace your unsaved prompt?' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Prompt Lab', exact: true }).click();
    await expect.poll(() => prompt.inputValue()).toContain('{sentences}');

    await openSamples();
    await openInLab('Kind of a customer message').click();
    await answerDialog(page, 'Open the sample');
    await labIsOpen();
    await expect.poll(() => page.getByLabel('Instruction').inputValue()).toContain('question, complaint or praise');

    await openSamples();
    await openInLab('Translation').click();
    await answerDialog(page, 'Open the sample');
    await labIsOpen();
    await expect
      .poll(() => page.getByPlaceholder('Ask the model …').inputValue())
      .toBe('Could you please send me the signed contract by Friday?');
  });

  it('keeps nothing, in the project or in the browser', async () => {
    const ada = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    const path = `/api/v1/projects/${project}/assets/search`;
    expect((await must<{ items: unknown[] }>(deployment.url, ada, 'POST', path, {})).items).toEqual([]);
    expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0]);
  });
});
