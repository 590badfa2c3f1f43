import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { promptField, signIn } from './site.ts';

const DRAFT = 'Words that nobody saved';

describe('two tabs of one browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let first: Page;
  let second: Page;
  let lab: string;
  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    first = browser.page;
    await signIn(first, deployment.url);
    await first.getByRole('button', { name: 'New project' }).click();
    await first.getByLabel('Name', { exact: true }).fill('Contracts');
    await first.getByRole('button', { name: 'Create', exact: true }).click();
    await promptField(first).waitFor();
    lab = first.url();
    second = await browser.context.newPage();
    second.setDefaultTimeout(20_000);
    for (const page of [first, second]) page.on('dialog', (dialog) => void dialog.accept());
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  async function draftInSecond(): Promise<void> {
    await second.goto(lab);
    await promptField(second).fill(DRAFT);
    await second.getByText('Not saved', { exact: true }).waitFor();
  }

  it('a sign-out in the first takes the unsaved text out of the second, before anybody else signs in', async () => {
    await draftInSecond();
    await first.getByRole('button', { name: 'Account and appearance' }).click();
    await first.getByRole('button', { name: 'Sign out' }).click();
    await first.getByRole('heading', { name: 'Sign in' }).waitFor();
    await second.getByText('Your session ended.').waitFor();

    await signIn(first, deployment.url);
    await second.getByRole('heading', { name: 'Projects' }).waitFor();
    await second.getByRole('link', { name: 'Contracts' }).first().click();
    await promptField(second).waitFor();
    expect(await promptField(second).inputValue()).toBe('');
  });

  it('a tab that finds another person signed in forgets the text of the one before, where it stands', async () => {
    await draftInSecond();
    await second.route('**/api/v1/session', async (route) => {
      const response = await route.fetch();
      const session = (await response.json()) as { user: { id: string } };
      await route.fulfill({ response, json: { ...session, user: { ...session.user, id: 'somebody-else' } } });
    });
    await second.evaluate(`window.dispatchEvent(new Event('focus'))`);
    await expect.poll(() => promptField(second).inputValue(), { timeout: 10_000 }).toBe('');
    expect(second.url()).toBe(lab);
    expect(await second.getByText(DRAFT).count()).toBe(0);
  });
});
