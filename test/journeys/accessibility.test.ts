import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { violations } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { openNewProject, promptField, showSavedPrompts, signIn, startSite } from './site.ts';

describe('every page is usable by everybody', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;

  beforeAll(async () => {
    deployment = await startSite({ administrator: true });
    browser = await startBrowser();
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('sign-in', async () => {
    await page.goto(`${deployment.url}/sign-in`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('projects, empty and with the dialog', async () => {
    await signIn(page, deployment.url);
    await page.getByRole('heading', { name: 'Begin with a project' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByLabel('Name', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('the Prompt Lab in both modes, light and dark', async () => {
    await openNewProject(page, 'Everybody');
    await showSavedPrompts(page);
    await promptField(page).fill('Hello');
    await page.waitForTimeout(500);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Account and appearance' }).click();
    await page.getByRole('tab', { name: 'Dark' }).click();
    await page.keyboard.press('Escape');
    await page.waitForTimeout(300);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Chat' }).click();
    await page.getByLabel('Your message').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Sampling' }).click();
    await page.waitForTimeout(300);
    expect(await violations(page)).toEqual([]);
  });

  it('projects with tiles, models and API keys', async () => {
    await page.getByRole('link', { name: 'Projects' }).first().click();
    await page.getByRole('link', { name: 'Everybody' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${deployment.url}/models`);
    await page.getByRole('heading', { name: 'Ready to use' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${deployment.url}/api-keys`);
    await page.getByRole('heading', { name: 'Use it' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
