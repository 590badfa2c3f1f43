import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { type Caller, invite, must, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment } from '../support/deployment.ts';
import { givePassword } from './people-pages.ts';

export const COLLEAGUE = { email: 'grace@example.org', name: 'grace', password: 'nanoseconds are 30 cm long' } as const;
export const SAVED_PROMPT = 'Summarise the contract with the northern mill.';

export type PreparedProject = {
  readonly id: string;
  readonly templateId: string;
  /** Somebody of the account who has no part in the project, with a login session at the API. */
  readonly colleague: Caller;
};

/** What the pages of a project need to have something to show: a project with a saved prompt, and a colleague in the account. */
export async function prepareProject({ url }: Deployment, name: string): Promise<PreparedProject> {
  const administrator = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  const colleague = await invite(url, administrator, { ...COLLEAGUE, role: 'member' });
  const { id } = await must<{ id: string }>(url, administrator, 'POST', '/api/v1/projects', { name });
  const template = await must<{ id: string }>(url, administrator, 'POST', `/api/v1/projects/${id}/prompt-templates`, {
    name: 'Northern mill',
    content: {
      mode: 'freeform',
      modelId: 'huggingfacetb/smollm2-135m-instruct',
      parameters: {},
      text: SAVED_PROMPT,
    },
  });
  return { id, templateId: template.id, colleague };
}

/** A second person at a computer of their own, signed in. */
export async function openColleague(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await givePassword(page, url, COLLEAGUE.email, COLLEAGUE.password);
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  return page;
}

/** Takes an option of the open dialog by its word. */
export async function choose(page: Page, option: string): Promise<void> {
  const label = page.getByRole('dialog').locator('.cds--radio-button__label');
  await label.filter({ hasText: new RegExp(`^\\s*${option}`) }).click();
}

/** Picks somebody in the open dialog who is found by `query`. */
export async function pick(page: Page, query: string, name: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('searchbox').fill(query);
  await dialog.locator('.cds--checkbox-label', { hasText: name }).click();
}

/** Presses a link or a button that downloads, and reads the file. */
export async function download(page: Page, press: () => Promise<void>): Promise<Downloaded> {
  const [file] = await Promise.all([page.waitForEvent('download'), press()]);
  const bytes = readFileSync(await file.path());
  return { name: file.suggestedFilename(), bytes, text: bytes.toString('utf8') };
}

type Downloaded = { readonly name: string; readonly bytes: Buffer; readonly text: string };
