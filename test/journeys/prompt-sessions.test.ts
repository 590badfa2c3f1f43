import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, invite, must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment } from '../support/deployment.ts';
import { violationsBothWays } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { answerDialog, chooseAction, givePassword, signOut } from './people-pages.ts';
import { facts, openNewProject, promptField, signIn, startSite } from './site.ts';

const VIEWER = { email: 'vera@example.org', role: 'member', password: 'a password of Vera alone' };

describe('prompt sessions in the browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let page: Page;
  let ada: Caller;
  let project: string;
  let session: string;

  const entriesPath = () => `/api/v1/projects/${project}/prompt-sessions/${session}/entries`;
  const recording = () => page.locator('.cl-recording');
  const entries = () => page.getByRole('list', { name: 'Submitted prompts' }).getByRole('article');
  const generate = async (text: string) => {
    await promptField(page).fill(text);
    await page.getByRole('button', { name: 'Generate' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
  };
  const openSession = async () => {
    await page.getByRole('link', { name: 'Assets', exact: true }).first().click();
    await page.getByRole('button', { name: 'Actions for Monday' }).click();
    await page.getByRole('menuitem', { name: 'Open' }).click();
    await page.getByRole('heading', { level: 1, name: 'Monday' }).waitFor();
  };

  beforeAll(async () => {
    deployment = await startSite({ administrator: true });
    browser = await startBrowser();
    page = browser.page;
    page.on('dialog', (dialog) => void dialog.accept());
    await signIn(page, deployment.url);
    await openNewProject(page, 'Sessions');
    ada = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    project = /projects\/([^/]+)/.exec(page.url())?.[1] ?? '';
    await page.getByLabel('Maximum new tokens').fill('8');
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('begins with what is on the page, and keeps what is submitted from then on', async () => {
    await generate('The first colour is');
    await chooseAction(page, 'More', 'Save as a prompt session …');
    await page.getByText('the oldest go first').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Monday');
    expect(await violationsBothWays(page)).toEqual([]);
    await answerDialog(page, 'Save and record');
    await recording().filter({ hasText: 'Recorded in the session Monday: 1 prompt' }).waitFor();
    await page.getByText('What you submit is stored with its answer in a prompt session.').waitFor();
    await generate('The second colour is');
    await recording().filter({ hasText: 'Monday: 2 prompts' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  });

  it('sends an answer again when the network was gone, once', async () => {
    let attempts = 0;
    await page.route('**/entries', async (route) => {
      attempts += 1;
      // The first one arrives, but its answer is lost; the second one does not arrive.
      if (attempts === 1) await route.fetch();
      if (attempts <= 2) await route.abort();
      else await route.continue();
    });
    await generate('The third colour is');
    await recording().filter({ hasText: 'Monday: 3 prompts' }).waitFor();
    await page.unroute('**/entries');
    expect(attempts).toBe(3);
  });

  it('keeps nothing more after it is stopped', async () => {
    await page.getByRole('button', { name: 'Stop recording' }).click();
    await expect.poll(() => recording().count()).toBe(0);
    await generate('The fourth colour is');
    session = (
      await must<{ items: { id: string }[] }>(deployment.url, ada, 'GET', `/api/v1/projects/${project}/prompt-sessions`)
    ).items[0]?.id as string;
    const kept = await must<{ items: { entry: { content: { text: string }; output: string } }[] }>(
      deployment.url,
      ada,
      'GET',
      entriesPath(),
    );
    expect(kept.items.map(({ entry }) => entry.content.text)).toEqual([
      'The third colour is',
      'The second colour is',
      'The first colour is',
    ]);
    for (const { entry } of kept.items) expect(entry.output).not.toBe('');
  });

  it('replays the newest first, and opens one as a new prompt', async () => {
    await openSession();
    await expect.poll(() => entries().count()).toBe(3);
    expect(await entries().first().textContent()).toContain('The third colour is');
    expect(await violationsBothWays(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open prompt 1 as a new prompt' }).click();
    await page.getByRole('heading', { name: 'Replace your unsaved prompt?' }).waitFor();
    await answerDialog(page, 'Open this prompt');
    await expect.poll(() => promptField(page).inputValue()).toBe('The first colour is');
    expect(await recording().count()).toBe(0);
  });

  it('opens twenty at a time of five hundred', async () => {
    const opened = await must<{ items: { entry: object }[] }>(deployment.url, ada, 'GET', `${entriesPath()}?limit=1`);
    const entry = opened.items[0]?.entry as object;
    for (let added = 0; added < 22; added += 1) await must(deployment.url, ada, 'POST', entriesPath(), { entry });
    await openSession();
    await expect.poll(() => entries().count()).toBe(20);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => entries().count()).toBe(25);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  it('deletes one prompt, with a receipt', async () => {
    await page.getByRole('button', { name: 'Delete prompt 25 …' }).click();
    await answerDialog(page, 'Delete');
    await page.getByText('Prompt 25 was deleted.').waitFor();
    await expect.poll(() => entries().count()).toBe(24);
  });

  it('tells a Viewer that it is there and does not open', async () => {
    const vera = await invite(deployment.url, ada, VIEWER);
    const { user } = await must<{ user: { id: string } }>(deployment.url, vera, 'GET', '/api/v1/session');
    const collaborator = `/api/v1/projects/${project}/collaborators/${user.id}`;
    await must(deployment.url, ada, 'PUT', collaborator, { role: 'viewer' });
    const address = `${deployment.url}/projects/${project}/sessions/${session}`;
    await signOut(page);
    await givePassword(page, deployment.url, VIEWER.email, VIEWER.password);
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    await page.goto(address);
    await page.getByRole('heading', { level: 1, name: 'Monday' }).waitFor();
    await page.getByText('Opening it takes the Editor role').waitFor();
    expect(await page.getByText('The third colour is').count()).toBe(0);
    await signOut(page);
    await signIn(page, deployment.url);
    await page.goto(address);
  });

  it('deletes the session with a receipt, and says later why it is not there', async () => {
    await page.getByRole('button', { name: 'Delete session …' }).click();
    await answerDialog(page, 'Delete');
    await page.getByText('Monday was deleted.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This session is not here any more' }).waitFor();
    expect(await violationsBothWays(page)).toEqual([]);
  });
});
