import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { facts, openNewProject, output, promptField, saveAs, setUpLink, showSavedPrompts, startSite } from './site.ts';

describe('a person with a browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  const foreignRequests: string[] = [];
  const consoleLines: string[] = [];

  beforeAll(async () => {
    deployment = await startSite({ administrator: false });
    browser = await startBrowser();
    page = browser.page;
    page.on('request', (request) => {
      if (!request.url().startsWith(deployment.url)) foreignRequests.push(request.url());
    });
    page.on('console', (message) => {
      if (!message.text().startsWith('Failed to load resource')) consoleLines.push(message.text());
    });
    page.on('dialog', (dialog) => void dialog.accept());
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('sets the server up with the one-time link, whose token leaves the address bar at once', async () => {
    await page.goto(await setUpLink(deployment));
    await page.getByLabel('Organisation').fill('Analytical Engines');
    expect(page.url()).toBe(`${deployment.url}/setup`);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Email').fill('ada@example.org');
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.getByRole('heading', { name: 'Begin with a project' }).waitFor();
  });

  it('creates a project and gets a streamed answer in freeform mode', async () => {
    await openNewProject(page, 'Support desk');
    await promptField(page).fill('The capital of France is');
    await page
      .locator('.cl-meter__words')
      .filter({ hasText: /^[1-9]\d* of [\d,]+ tokens/ })
      .waitFor();
    await page.getByRole('button', { name: 'Generate' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
    expect((await output(page).textContent())?.length).toBeGreaterThan(10);
    expect(await facts(page).textContent()).toMatch(/Tokens out\s*\d/);
    // The lab fills the window: its parts scroll, the page does not.
    expect(await page.evaluate('document.documentElement.scrollHeight - window.innerHeight')).toBe(0);
  });

  it('stops an answer and keeps what has arrived', async () => {
    await page.getByLabel('Maximum new tokens').fill('4000');
    await page.getByLabel('Minimum new tokens').fill('4000');
    await promptField(page).fill('Count slowly from one to one thousand, in words, and leave nothing out.');
    await page.getByRole('button', { name: 'Generate' }).click();
    await page.locator('.cl-output__text').filter({ hasText: /\S{3}/ }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('What had arrived is kept').first().waitFor();
    expect((await output(page).textContent())?.length).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Reset all' }).click();
  });

  it('saves a prompt, finds the page empty after a reload of a new prompt, and reopens what was saved', async () => {
    await promptField(page).fill('Write a leaflet about a cloister.');
    await saveAs(page, 'Leaflet');
    await page.getByRole('button', { name: 'New prompt' }).click();
    await promptField(page).fill('Unsaved words');
    await page.getByText('Not saved', { exact: true }).waitFor();
    await page.reload();
    await promptField(page).waitFor();
    expect(await promptField(page).inputValue()).toBe('');

    await showSavedPrompts(page);
    await page.getByRole('link', { name: /^Leaflet/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Leaflet' }).waitFor();
    expect(await promptField(page).inputValue()).toBe('Write a leaflet about a cloister.');
  });

  it('sees unsaved changes and saves them', async () => {
    await promptField(page).fill('Write a short leaflet about a cloister.');
    await page.getByText('Unsaved changes', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.locator('.cl-lab__title-row').getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Leaflet' }).waitFor();
    expect(await promptField(page).inputValue()).toBe('Write a short leaflet about a cloister.');
  });

  it('renames and deletes a saved prompt', async () => {
    await showSavedPrompts(page);
    await page.getByRole('button', { name: 'Actions for Leaflet' }).click();
    await page.getByRole('menuitem', { name: 'Rename …' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Visitor leaflet');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Visitor leaflet' }).waitFor();

    await page.getByRole('button', { name: 'Actions for Visitor leaflet' }).click();
    await page.getByRole('menuitem', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'New prompt' }).waitFor();
    await page.getByText('Nothing is saved in this project yet.').waitFor();
  });

  it('chats, asks again with other words, and keeps the answers in a saved chat', async () => {
    await page.getByRole('tab', { name: 'Chat' }).click();
    await page.getByRole('textbox', { name: 'System prompt' }).fill('You answer in one sentence.');
    await page.getByLabel('Your message').fill('What is a cloister?');
    await page.keyboard.press('Control+Enter');
    await facts(page).waitFor({ timeout: 120_000 });
    const turns = page.getByRole('list', { name: 'Conversation' }).getByRole('listitem');
    expect(await turns.count()).toBe(2);

    await turns.first().getByRole('button', { name: 'Edit' }).click();
    await page.locator('#edited-turn').fill('What is a garden?');
    await page.getByRole('button', { name: 'Ask as a branch' }).click();
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await facts(page).waitFor({ timeout: 120_000 });
    expect(await turns.first().textContent()).toContain('What is a garden?');
    const answer = await turns.last().locator('.cl-turn__text').textContent();

    await saveAs(page, 'Garden chat');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Garden chat' }).waitFor();
    expect(await turns.last().locator('.cl-turn__text').textContent()).toBe(answer);
  });

  it('works with the keyboard alone', async () => {
    await page.getByRole('tab', { name: 'Chat' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByLabel('Instruction (optional)').waitFor();
    await page.keyboard.press('ArrowLeft');
    await promptField(page).waitFor();
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Freeform');
    await promptField(page).focus();
    await page.keyboard.type('Keys only: ');
    await page.keyboard.press('Control+Enter');
    await facts(page).waitFor({ timeout: 120_000 });
    await page.goto(`${deployment.url}/projects`);
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    await page.keyboard.press('Tab');
    const seen = new Set<string>();
    for (let step = 0; step < 40 && !seen.has('Support desk'); step += 1) {
      seen.add(await page.evaluate('document.activeElement?.textContent ?? ""'));
      await page.keyboard.press('Tab');
    }
    expect([...seen]).toContain('Support desk');
  });

  it('meets no foreign host and an empty console', () => {
    expect(foreignRequests).toEqual([]);
    expect(consoleLines).toEqual([]);
  });

  it('signs out, and comes back to a page without its text', async () => {
    await page.getByRole('button', { name: 'Account and appearance' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${deployment.url}/projects`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
