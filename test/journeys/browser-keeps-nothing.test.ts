import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { answerDialog } from './people-pages.ts';
import { download } from './project-pages.ts';
import { facts, openNewProject, promptField, signIn, startSite } from './site.ts';

/** Longer than the delays after which Chromium writes its session, history and preferences. */
const CHROMIUM_WRITES_WITHIN_MS = 12_000;

const newCanary = (): string => `canary${randomBytes(12).toString('hex')}`;

/** Files of `folder` that hold `canary`, as UTF-8, UTF-16 or base64 at any of its three alignments. */
function filesWith(folder: string, canary: string): string[] {
  const needles = [Buffer.from(canary, 'utf8'), Buffer.from(canary, 'utf16le'), ...base64Needles(canary)];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => {
      const bytes = readFileSync(path);
      return needles.some((needle) => bytes.includes(needle));
    })
    .map((path) => relative(folder, path));
}

/** The part of the base64 text that does not depend on what stands around the canary. */
function base64Needles(canary: string): Buffer[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('x'.repeat(offset) + canary).toString('base64');
    return Buffer.from(encoded.slice(offset === 0 ? 0 : 4, -4));
  });
}

describe('the browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;

  beforeAll(async () => {
    deployment = await startSite({ administrator: true });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('would give away a text that a page stores (the control)', async () => {
    const control = await startBrowser();
    try {
      const canary = newCanary();
      await control.page.goto(`${deployment.url}/sign-in`);
      await control.page.evaluate(`localStorage.setItem('control', ${JSON.stringify(canary)})`);
      await wait(CHROMIUM_WRITES_WITHIN_MS);
      await control.kill();
      expect(filesWith(control.profile, canary)).not.toEqual([]);
    } finally {
      await control.remove();
    }
  });

  it('would give away a text field that it may restore (the control)', async () => {
    const control = await startBrowser();
    try {
      const canary = newCanary();
      await control.page.goto(`${deployment.url}/sign-in`);
      await control.page.evaluate(`document.body.innerHTML = '<form><textarea name="free"></textarea></form>'`);
      await control.page.locator('textarea').fill(canary);
      await control.page.goto(`${deployment.url}/sign-in?`);
      await wait(CHROMIUM_WRITES_WITHIN_MS);
      await control.kill();
      expect(filesWith(control.profile, canary)).not.toEqual([]);
    } finally {
      await control.remove();
    }
  });

  it('holds no word that was typed, generated or sent, after a reload and after kill -9', async () => {
    const { page } = browser;
    page.on('dialog', (dialog) => void dialog.accept());
    const typed = {
      prompt: newCanary(),
      stop: newCanary(),
      system: newCanary(),
      message: newCanary(),
      left: newCanary(),
    };
    await signIn(page, deployment.url);
    await openNewProject(page, 'Canaries');
    await promptField(page).pressSequentially(`${typed.prompt} `);
    await page.getByLabel('Stop sequences', { exact: true }).first().fill(typed.stop);
    await page.getByRole('button', { name: 'Add stop sequence' }).click();
    await page.getByLabel('Maximum new tokens').fill('16');
    await page.getByRole('button', { name: 'Generate' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
    const answer = ((await page.locator('.cl-output__text').textContent()) ?? '').trim().slice(0, 40);
    expect(answer.length).toBeGreaterThan(15);

    await page.getByRole('tab', { name: 'Chat' }).click();
    await page.getByRole('textbox', { name: 'System prompt' }).fill(typed.system);
    await page.getByLabel('Your message').fill(typed.message);
    await page.getByRole('button', { name: 'Send' }).click();
    await facts(page).waitFor({ timeout: 120_000 });
    await wait(CHROMIUM_WRITES_WITHIN_MS);

    await page.reload();
    await promptField(page).waitFor();
    expect(await promptField(page).inputValue()).toBe('');

    await promptField(page).fill(typed.left);
    await page.goto('about:blank');
    await page.goBack();
    await promptField(page).waitFor();
    expect(await promptField(page).inputValue()).toBe('');
    expect(
      await page.evaluate('[localStorage.length, sessionStorage.length, JSON.stringify(history.state ?? null)]'),
    ).toEqual([0, 0, expect.not.stringContaining('canary')]);
    expect(await page.evaluate('indexedDB.databases().then((all) => all.length)')).toBe(0);

    await promptField(page).fill(typed.left);
    await wait(CHROMIUM_WRITES_WITHIN_MS);
    await browser.kill();
    for (const canary of [...Object.values(typed), answer]) expect(filesWith(browser.profile, canary)).toEqual([]);
  });

  it('holds nothing of what was uploaded, described, searched for, exported, imported or deleted', async () => {
    const other = await startBrowser();
    try {
      const { page } = other;
      page.on('dialog', (dialog) => void dialog.accept());
      const typed = {
        content: newCanary(),
        name: newCanary(),
        description: newCanary(),
        tag: newCanary(),
        search: newCanary(),
        paused: newCanary(),
        pausedName: newCanary(),
        recipient: newCanary(),
      };
      const choose = async (content: string) => {
        const chooser = page.waitForEvent('filechooser');
        await page.getByRole('button', { name: 'Upload data' }).click();
        await (await chooser).setFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(content) });
        return page.getByRole('dialog');
      };
      await signIn(page, deployment.url);
      await openNewProject(page, 'Uploads');
      const project = page.url().replace(/\/lab.*$/, '');
      await page.goto(`${project}/assets`);
      const dialog = await choose(typed.content);
      await dialog.getByLabel('Name').fill(typed.name);
      await dialog.getByLabel('Description (optional)').fill(typed.description);
      await dialog.getByLabel('Tags (optional)').fill(typed.tag);
      await answerDialog(page, 'Upload');
      await page.getByText('is an asset of the project now').waitFor();

      const found = page.waitForResponse((answer) => answer.request().postData()?.includes(typed.search) === true);
      await page.getByRole('searchbox').fill(typed.search);
      await found;
      await page.getByText('Nothing here is like this.').waitFor();
      await page.getByRole('searchbox').fill('');

      // The first part stays on its way until the upload is paused.
      await page.route('**/uploads/*', () => {});
      const pausedDialog = await choose(typed.paused);
      await pausedDialog.getByLabel('Name').fill(typed.pausedName);
      await answerDialog(page, 'Upload');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.unroute('**/uploads/*');
      await page.getByText(`${typed.pausedName}, stopped`).waitFor();

      await page.goto(`${project}/export`);
      await page.getByLabel('Encrypt to an age recipient (optional)').fill(typed.recipient);
      await page.getByLabel('Encrypt to an age recipient (optional)').fill('');
      const archive = await download(page, () => page.getByRole('link', { name: 'Export the project' }).press('Enter'));
      expect(archive.bytes.length).toBeGreaterThan(0);
      await page
        .getByLabel('Archive to import')
        .setInputFiles({ name: 'project.zip', mimeType: 'application/zip', buffer: archive.bytes });
      await page.getByText('The uploaded archive was deleted.').waitFor();

      await page.goto(`${project}/assets`);
      await page
        .getByRole('button', { name: `Actions for ${typed.name}` })
        .first()
        .click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await answerDialog(page, 'Delete');
      const receipt = await download(page, () => page.getByRole('button', { name: 'Save receipt' }).click());
      expect(receipt.text.split('.')).toHaveLength(3);

      for (const path of [`${project}/keys`, `${deployment.url}/account/key`]) {
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
      }
      expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0]);
      expect(await page.evaluate('indexedDB.databases().then((all) => all.length)')).toBe(0);
      expect(await page.evaluate('caches.keys().then((all) => all.length)')).toBe(0);
      await wait(CHROMIUM_WRITES_WITHIN_MS);
      await other.kill();
      for (const canary of Object.values(typed)) expect(filesWith(other.profile, canary)).toEqual([]);
    } finally {
      await other.remove();
    }
  }, 120_000);
});
