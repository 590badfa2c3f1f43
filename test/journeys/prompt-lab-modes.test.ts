import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { violations } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { facts, openNewProject, output, promptField, saveAs, signIn, startSite } from './site.ts';

describe('the modes of the Prompt Lab', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;

  beforeAll(async () => {
    deployment = await startSite({ administrator: true });
    browser = await startBrowser();
    page = browser.page;
    page.on('dialog', (dialog) => void dialog.accept());
    await signIn(page, deployment.url);
    await openNewProject(page, 'Modes');
    await page.getByLabel('Maximum new tokens').fill('12');
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('fills declared variables, and offers those that the text names', async () => {
    await promptField(page).fill('{greeting}, {name}! {"json": 1}');
    await page.getByRole('button', { name: '{name}', exact: true }).click();
    await page.getByLabel('Default of name').fill('Ada');
    const asked = page.waitForRequest((request) => request.url().endsWith('/generate'));
    await page.getByRole('button', { name: 'Generate' }).click();
    expect((await asked).postDataJSON()).toMatchObject({
      prompt: { mode: 'freeform', text: '{greeting}, {name}! {"json": 1}' },
      variables: { name: 'Ada' },
    });
    await facts(page).waitFor({ timeout: 120_000 });
    await page.getByLabel('Value of name').fill('Grace');
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
  });

  it('shows the prompt as the model reads it, variables filled in', async () => {
    await page.getByRole('button', { name: 'Show the tokens' }).click();
    const tokens = page.getByRole('region', { name: 'Tokens of the prompt' });
    await tokens.waitFor();
    expect(await tokens.textContent()).toContain('{greeting}, Grace! {"json": 1}');
    expect(await tokens.locator('.cl-tokens__piece').count()).toBeGreaterThan(5);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Hide the tokens' }).click();
    expect(await tokens.count()).toBe(0);
  });

  it('colours the answer by probability, and tells the alternatives at the keyboard', async () => {
    await page.locator('label[for="shows-log-probabilities"]').click();
    await page.getByRole('button', { name: 'Generate' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
    const tokens = page.getByRole('toolbar', { name: /^Tokens of the answer/ });
    await tokens.waitFor();
    const first = tokens.getByRole('button').first();
    await first.focus();
    await page
      .locator('#token-alternatives')
      .filter({ hasText: /\d %\. Instead of it: / })
      .waitFor();
    await page.keyboard.press('ArrowRight');
    expect(await tokens.getByRole('button').nth(1).evaluate('document.activeElement.tabIndex')).toBe(0);
    expect(await violations(page)).toEqual([]);
    await page.locator('label[for="shows-log-probabilities"]').click();
  });

  it('takes examples from a spreadsheet, shows the assembled prompt and answers', async () => {
    await page.getByRole('tab', { name: 'Structured' }).click();
    await page.getByLabel('Instruction (optional)').fill('Translate to French, {name}.');
    await page.getByRole('button', { name: 'Add example' }).click();
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'garden\\tjardin\\r\\n"two\\nlines"\\t"deux\\nlignes"\\r\\n');
      const cell = document.querySelector('[aria-label="Example 1, input"]');
      cell.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }`);
    await page.getByLabel('Example 2, output').waitFor();
    await page.getByRole('button', { name: 'Move example 2 up' }).click();
    await page.getByLabel('Input', { exact: true }).fill('cloister');
    await page.getByText('Assembled prompt', { exact: true }).click();
    expect(await page.locator('.cl-assembled__text').textContent()).toBe(
      'Translate to French, Grace.\n\nInput: two\nlines\nOutput: deux\nlignes\n\nInput: garden\nOutput: jardin\n\nInput: cloister\nOutput:',
    );
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Generate' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
    expect((await output(page).locator('.cl-output__text').textContent())?.length).toBeGreaterThan(0);
  });

  it('keeps the text of each mode, and saves and reopens a structured prompt with its variables', async () => {
    await page.getByRole('tab', { name: 'Freeform' }).click();
    expect(await promptField(page).inputValue()).toBe('{greeting}, {name}! {"json": 1}');
    await page.getByRole('tab', { name: 'Structured' }).click();
    await saveAs(page, 'Translation');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Translation' }).waitFor();
    expect(await page.getByLabel('Example 1, output').inputValue()).toBe('deux\nlignes');
    expect(await page.getByLabel('Default of name').inputValue()).toBe('Ada');
    expect(await page.getByLabel('Value of name').inputValue()).toBe('');
    await page.locator('.cl-lab__title-row').getByText('Saved', { exact: true }).waitFor();
  });

  it('branches a chat, steps between branches, changes and deletes turns, and saves all of them', async () => {
    await page.getByRole('button', { name: 'New prompt' }).click();
    await page.getByLabel('Maximum new tokens').fill('8');
    await page.getByRole('tab', { name: 'Chat' }).click();
    const turns = page.getByRole('list', { name: 'Conversation' }).getByRole('listitem');
    await page.getByLabel('Your message').fill('What is a cloister?');
    await page.getByRole('button', { name: 'Send' }).click();
    await facts(page).waitFor({ timeout: 120_000 });

    await turns.last().getByRole('button', { name: 'Answer again' }).click();
    await turns.last().getByText('2 of 2').waitFor({ timeout: 120_000 });
    await facts(page).waitFor({ timeout: 120_000 });
    await turns.last().getByRole('button', { name: 'Edit' }).click();
    await page.locator('#edited-turn').fill('A covered walk.');
    await page.getByRole('button', { name: 'Change it here' }).click();
    await turns.last().getByText('A covered walk.').waitFor();
    expect(await violations(page)).toEqual([]);

    await turns.last().getByRole('button', { name: 'Previous answer' }).click();
    await turns.last().getByText('1 of 2').waitFor();
    await saveAs(page, 'Branches');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Branches' }).waitFor();
    await turns.last().getByText('1 of 2').waitFor();
    await turns.last().getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).last().click();
    await turns.last().getByText('A covered walk.').waitFor();
    expect(
      await turns
        .last()
        .getByText(/ of 2$/)
        .count(),
    ).toBe(0);
  });

  it('shows code of the prompt in every language, and saves it as a notebook', async () => {
    const more = page.locator('.cl-lab__actions').getByRole('button', { name: 'More' });
    await more.click();
    await page.getByRole('menuitem', { name: 'View code …' }).click();
    const dialog = page.getByRole('dialog', { name: 'View code' });
    await dialog.getByText('/ml/v1/text/chat').first().waitFor();
    expect(await violations(page)).toEqual([]);
    for (const [language, word] of [
      ['python-openai', 'from openai import OpenAI'],
      ['typescript-watsonx', '@ibm-cloud/watsonx-ai'],
    ] as const) {
      await dialog.getByLabel('Language').selectOption(language);
      await dialog.getByText(word).first().waitFor();
      expect(await dialog.textContent()).toContain('What is a cloister?');
    }
    // The server's own words where there is no code to be had: this one is reached without TLS.
    await dialog.getByLabel('Language').selectOption('python-watsonx');
    await dialog.getByText('https addresses only').waitFor();
    await page.keyboard.press('Escape');

    await more.click();
    await page.getByRole('menuitem', { name: 'Save as a notebook …' }).click();
    const saving = page.getByRole('dialog', { name: 'Save as a notebook' });
    await saving.getByLabel('Name').fill('As a notebook');
    expect(await violations(page)).toEqual([]);
    await saving.getByRole('button', { name: 'Save', exact: true }).click();
    await saving.waitFor({ state: 'detached' });
    await page.getByText('Saved as the notebook As a notebook').waitFor({ state: 'attached' });
  });
});
