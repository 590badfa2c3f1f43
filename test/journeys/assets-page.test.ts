import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TUS_VERSION, UPLOAD_PART } from '../../contract/app/index.ts';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';
import { violationsAtAllWidths } from './axe.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { expectFocus, tabTo } from './keyboard-steps.ts';
import { answerDialog, chooseAction } from './people-pages.ts';
import { COLLEAGUE, choose, download, openColleague, pick, prepareProject, SAVED_PROMPT } from './project-pages.ts';
import { signIn } from './site.ts';

const CASES = 'court,year\nnorth,1984\n';
const PATIENCE = { timeout: 20_000 };
const tus = { 'tus-resumable': TUS_VERSION };

describe('the assets of a project in the browser', () => {
  let deployment: Deployment;
  let browser: RealBrowser;
  let ada: Page;
  let grace: Page;
  let adaAtTheApi: Caller;
  let project: string;

  const rows = (page: Page) => page.getByRole('table', { name: 'Assets' }).getByRole('row');
  const rowOf = (page: Page, name: string) => rows(page).filter({ hasText: name });
  const names = async (page: Page) => {
    const cells = await page.getByRole('table', { name: 'Assets' }).locator('.cl-table__cell--name').allInnerTexts();
    return cells.map((cell) => cell.split('\n')[0]);
  };
  const expectNames = (expected: readonly string[]) => expect.poll(() => names(ada), PATIENCE).toEqual(expected);
  const openPage = async (page: Page) => {
    await page.goto(`${deployment.url}/projects/${project}/assets`);
    await page.getByRole('heading', { level: 1, name: 'Assets' }).waitFor();
  };

  beforeAll(async () => {
    deployment = await startDeployment();
    browser = await startBrowser();
    ({ id: project } = await prepareProject(deployment, 'Contracts'));
    adaAtTheApi = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
    ada = browser.page;
    await signIn(ada, deployment.url);
    const itself = browser.context.browser();
    if (itself === null) throw new Error('The browser is gone');
    grace = await openColleague(itself, deployment.url);
  });
  afterAll(async () => {
    await browser?.remove();
    await deployment?.remove();
  });

  it('an Admin finds the page in the menu, and uploads a file under a name with tags', async () => {
    await ada.goto(`${deployment.url}/projects/${project}/lab`);
    await ada.getByRole('link', { name: 'Assets', exact: true }).click();
    await rowOf(ada, 'Northern mill').getByText('Prompt template').waitFor();

    const chooser = ada.waitForEvent('filechooser');
    await ada.getByRole('button', { name: 'Upload data' }).click();
    await (await chooser).setFiles({ name: 'cases.csv', mimeType: 'text/csv', buffer: Buffer.from(CASES) });
    const dialog = ada.getByRole('dialog');
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('cases.csv');
    await dialog.getByLabel('Name', { exact: true }).fill('Cases of the north');
    await dialog.getByLabel('Description (optional)').fill('Anonymous');
    await dialog.getByLabel('Tags (optional)').fill('tax, 1984');
    await answerDialog(ada, 'Upload');
    await ada.getByText('is an asset of the project now').waitFor();
    const row = rowOf(ada, 'Cases of the north');
    await row.getByText('Data asset').waitFor();
    await row.getByText(`${CASES.length} B`).waitFor();
    await ada.getByText('2 assets').waitFor();
  });

  it('searches, filters and orders, with no word of it in an address', async () => {
    const addresses: string[] = [];
    ada.on('request', (request) => addresses.push(request.url()));
    const search = ada.getByRole('searchbox');
    for (const [text, found] of [
      ['anonym', ['Cases of the north']],
      ['TAX', ['Cases of the north']],
      ['northern', ['Northern mill']],
    ] as const) {
      await search.fill(text);
      await expectNames(found);
    }
    await search.fill('nowhere');
    await ada.getByText('Nothing here is like this.').waitFor();
    await ada.getByRole('button', { name: 'Show everything' }).click();
    await expectNames(['Cases of the north', 'Northern mill']);
    await ada.getByLabel('Order').selectOption({ label: 'Name, Z to A' });
    await expectNames(['Northern mill', 'Cases of the north']);
    await ada.getByLabel('Type').selectOption({ label: 'Data asset' });
    await expectNames(['Cases of the north']);
    await ada.getByRole('button', { name: 'Show everything' }).click();
    await ada.getByRole('button', { name: 'Show what is tagged 1984' }).click();
    await expectNames(['Cases of the north']);
    expect(await ada.getByLabel('Tag', { exact: true }).inputValue()).toBe('1984');
    addresses.push(ada.url());
    expect(addresses.filter((address) => address.endsWith('/assets/search')).length).toBeGreaterThan(3);
    expect(addresses.filter((address) => /anonym|tax|north|1984|nowhere/i.test(address))).toEqual([]);
    await ada.getByRole('button', { name: 'Show everything' }).click();
  });

  it('shows more than a page when asked', async () => {
    const path = `/api/v1/projects/${project}/prompt-templates`;
    const content = { mode: 'freeform', modelId: 'huggingfacetb/smollm2-135m-instruct', parameters: {}, text: 'x' };
    for (let number = 0; number < 50; number += 1) {
      await must(deployment.url, adaAtTheApi, 'POST', path, { name: `Draft ${number}`, content });
    }
    await openPage(ada);
    await ada.getByText('52 assets').waitFor();
    expect(await names(ada)).toHaveLength(50);
    await ada.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => names(ada), PATIENCE).toHaveLength(52);
    expect(new Set(await names(ada)).size).toBe(52);
  });

  it('changes what is said of an asset', async () => {
    await ada.getByRole('searchbox').fill('Cases of the north');
    await chooseAction(ada, 'Actions for Cases of the north', 'Details …');
    const dialog = ada.getByRole('dialog');
    await dialog.getByText('text/csv').waitFor();
    await dialog.getByLabel('Name', { exact: true }).fill('Cases of the north, checked');
    await dialog.getByLabel('Tags (optional)').fill('tax, checked, Tax');
    await answerDialog(ada, 'Save');
    await rowOf(ada, 'Cases of the north, checked').getByText('checked', { exact: true }).waitFor();
    expect(await rowOf(ada, 'checked').getByText('1984').count()).toBe(0);
  });

  it('gives the content back, as a file', async () => {
    await ada.getByRole('button', { name: 'Actions for Cases of the north, checked' }).click();
    const file = await download(ada, () => ada.getByRole('menuitem', { name: 'Download' }).click());
    expect(file.text).toBe(CASES);
  });

  it('shows a Viewer everything but ways to open or change it', async () => {
    await ada.goto(`${deployment.url}/projects/${project}/collaborators`);
    await ada.getByRole('button', { name: 'Add collaborators' }).click();
    await pick(ada, 'grac', COLLEAGUE.email);
    await choose(ada, 'Viewer');
    await answerDialog(ada, 'Add');
    await openPage(grace);
    await grace.getByRole('searchbox').fill('Cases');
    await rowOf(grace, 'Cases of the north, checked').getByText('checked', { exact: true }).waitFor();
    await grace.getByText('You are a Viewer of this project').waitFor();
    expect(await grace.getByRole('button', { name: /^(Upload|Actions for)/ }).count()).toBe(0);
    expect(await grace.getByRole('checkbox').count()).toBe(0);
  });

  it('goes on with what was not finished, with the same file alone, and discards it', async () => {
    const path = `/api/v1/projects/${project}/uploads`;
    const begin = async (name: string) => {
      const headers = { ...tus, 'upload-length': String(CASES.length) };
      const metadata = `name ${Buffer.from(name).toString('base64')}`;
      const begun = await send(deployment.url, adaAtTheApi, 'POST', path, undefined, {
        ...headers,
        'upload-metadata': metadata,
      });
      expect(begun.status).toBe(201);
      return begun.headers.get('location') ?? '';
    };
    const half = CASES.slice(0, 10);
    const part = { ...tus, 'upload-offset': '0', 'content-type': UPLOAD_PART };
    expect((await send(deployment.url, adaAtTheApi, 'PATCH', await begin('Half'), half, part)).status).toBe(204);
    await begin('Nothing yet');

    await openPage(ada);
    const table = ada.getByRole('table', { name: 'Unfinished uploads' });
    await table.getByText(`10 B of ${CASES.length} B`).waitFor();
    const choosing = async (buffer: Buffer) => {
      const chooser = ada.waitForEvent('filechooser');
      await ada.getByRole('button', { name: /^Go on with Half/ }).click();
      await (await chooser).setFiles({ name: 'cases.csv', mimeType: 'text/csv', buffer });
    };
    await choosing(Buffer.from('something else'));
    await ada.getByText('Choose the file that it was begun with.').waitFor();
    await choosing(Buffer.from(`x${CASES.slice(1)}`));
    await ada.getByText('does not begin with what has arrived of Half.').waitFor();
    await choosing(Buffer.from(CASES));
    await ada.getByText('Half is an asset of the project now.').waitFor();
    await ada.getByRole('button', { name: 'Discard the upload of Nothing yet' }).click();
    await table.waitFor({ state: 'detached' });
    await ada.getByText('What had arrived of Nothing yet was deleted.').waitFor();
    const receipt = await download(ada, () => ada.getByRole('button', { name: 'Save receipt' }).click());
    expect(receipt.text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await ada.getByRole('button', { name: 'Close', exact: true }).click();
    await ada.getByRole('button', { name: 'Actions for Half' }).click();
    const file = await download(ada, () => ada.getByRole('menuitem', { name: 'Download' }).click());
    expect(file.text).toBe(CASES);
  });

  it('pauses an upload, goes on, and gives the same bytes back', async () => {
    const bytes = Buffer.alloc(300_000, 'a line of training data\n');
    const parts = '**/uploads/*';
    // The first part stays on its way until the upload is paused.
    await ada.route(parts, () => {});
    const chooser = ada.waitForEvent('filechooser');
    await ada.getByRole('button', { name: 'Upload data' }).click();
    await (await chooser).setFiles({ name: 'training.txt', mimeType: 'text/plain', buffer: bytes });
    await answerDialog(ada, 'Upload');
    await ada.getByText('Uploading training.txt').waitFor();
    await ada.getByText('of 300 kB').waitFor();
    await ada.getByRole('button', { name: 'Pause' }).click();
    await ada.getByText('training.txt, stopped').waitFor();
    await ada.unroute(parts);
    await ada.getByRole('button', { name: 'Go on', exact: true }).click();
    await ada.getByText('training.txt is an asset of the project now.').waitFor();
    await ada.getByRole('button', { name: 'Actions for training.txt' }).click();
    const file = await download(ada, () => ada.getByRole('menuitem', { name: 'Download' }).click());
    expect(file.text === bytes.toString('utf8')).toBe(true);
  });

  it('deletes for good, and hands out the receipt', async () => {
    await chooseAction(ada, 'Actions for training.txt', 'Delete …');
    await answerDialog(ada, 'Delete');
    await expect.poll(() => rowOf(ada, 'training.txt').count(), PATIENCE).toBe(0);
    const receipt = await download(ada, () => ada.getByRole('button', { name: 'Save receipt' }).click());
    expect(receipt.text.split('.')).toHaveLength(3);
    expect(Buffer.from(receipt.text.split('.')[1] ?? '', 'base64url').toString()).not.toContain('training');
  });

  it('says in the details which key and which bucket it is under', async () => {
    await ada.getByRole('searchbox').fill('Northern mill');
    await expectNames(['Northern mill']);
    await chooseAction(ada, 'Actions for Northern mill', 'Details …');
    const facts = ada.getByRole('dialog').locator('.cl-fact-list');
    await facts.filter({ hasText: 'Key state' }).getByText('Enabled').waitFor();
    await facts.getByText('A folder of its own on the server').waitFor();
    await facts.getByText('One sealed object, under a key of its own').waitFor();
    await ada.keyboard.press('Escape');
    await ada.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('gives back the content of a saved prompt too', async () => {
    await ada.getByRole('button', { name: 'Actions for Northern mill' }).click();
    const file = await download(ada, () => ada.getByRole('menuitem', { name: 'Download' }).click());
    expect(JSON.parse(file.text)).toMatchObject({ content: { text: SAVED_PROMPT } });
  });

  it('deletes many after their number was typed, keeps selected what could not go, and hands out all receipts', async () => {
    await ada.getByRole('searchbox').fill('Draft 1');
    await expect.poll(() => names(ada), PATIENCE).toHaveLength(11);
    await ada.getByRole('checkbox', { name: 'Select all that are shown' }).check({ force: true });
    await ada.getByText('11 selected').waitFor();
    await ada.getByRole('checkbox', { name: 'Select Draft 19' }).uncheck({ force: true });
    await ada.getByRole('checkbox', { name: 'Select Draft 18' }).uncheck({ force: true });
    await ada.getByRole('button', { name: 'Delete …' }).click();
    const dialog = ada.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Delete 9 assets?' }).waitFor();
    expect(await dialog.getByRole('listitem').count()).toBe(9);
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
    await dialog.getByLabel('Type 9, the number of assets, to confirm').fill('9');

    // The server refuses one of them.
    const list = await must<{ items: { id: string }[] }>(
      deployment.url,
      adaAtTheApi,
      'POST',
      `/api/v1/projects/${project}/assets/search`,
      { q: 'Draft 17' },
    );
    const gone = `/api/v1/projects/${project}/assets/${list.items[0]?.id}`;
    await ada.route(`**${gone}`, (route) => route.fulfill({ status: 409, body: '' }));
    await answerDialog(ada, 'Delete');
    await ada.getByText('8 assets were deleted. 1 was not, and stays selected.').first().waitFor();
    await ada.getByLabel('What was deleted').getByText('Draft 17').waitFor();
    await expect.poll(async () => (await names(ada)).sort(), PATIENCE).toEqual(['Draft 17', 'Draft 18', 'Draft 19']);
    await ada.getByText('1 selected').waitFor();
    expect(await ada.getByRole('checkbox', { name: 'Select Draft 17' }).isChecked()).toBe(true);
    const file = await download(ada, () => ada.getByRole('button', { name: 'Save 8 receipts' }).click());
    const { receipts } = JSON.parse(file.text) as { receipts: { assetId: string; receipt: string }[] };
    expect(new Set(receipts.map(({ assetId }) => assetId)).size).toBe(8);
    for (const { receipt } of receipts) expect(receipt).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await ada.unroute(`**${gone}`);
    expect(await violationsAtAllWidths(ada)).toEqual([]);
  });

  it('ticks and deletes by keyboard alone', async () => {
    const box = ada.getByRole('checkbox', { name: 'Select Draft 18' });
    await tabTo(ada, box);
    await ada.keyboard.press('Space');
    await ada.getByText('2 selected').waitFor();
    await ada.getByRole('button', { name: 'Delete …' }).focus();
    await ada.keyboard.press('Enter');
    await expectFocus(ada.getByLabel('Type 2, the number of assets, to confirm'));
    await ada.keyboard.type('2');
    await ada.keyboard.press('Enter');
    await expectNames(['Draft 19']);
  });

  it('opens a saved prompt in the Prompt Lab', async () => {
    await ada.getByRole('searchbox').fill('Northern mill');
    await ada.getByRole('button', { name: 'Actions for Northern mill' }).click();
    await ada.getByRole('menuitem', { name: 'Open in the Prompt Lab' }).click();
    await ada.getByRole('heading', { level: 1, name: 'Northern mill' }).waitFor();
    expect(await ada.getByLabel('Prompt', { exact: true }).inputValue()).toBe(SAVED_PROMPT);
  });

  it('keeps nothing in the browser', async () => {
    expect(await ada.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0]);
  });
});
