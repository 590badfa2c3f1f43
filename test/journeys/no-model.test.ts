import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { type RealBrowser, startBrowser } from './browser.ts';
import { promptField, signIn } from './site.ts';

let deployment: Deployment;
let browser: RealBrowser;
beforeAll(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.remove();
  await deployment?.remove();
});

it('without a model the server starts, and the Prompt Lab says what to do and loses no word meanwhile', async () => {
  const { page } = browser;
  await signIn(page, deployment.url);
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Name', { exact: true }).fill('No model yet');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await promptField(page).fill('A prompt that waits for its model');
  const fetchButton = page.getByRole('button', { name: 'Fetch the model' });
  await fetchButton.waitFor();
  expect(await page.getByRole('button', { name: 'Generate' }).isDisabled()).toBe(true);
  // What comes of it depends on the network of the machine; that something is told does not.
  await fetchButton.click();
  await page
    .getByText(/Fetching SmolLM2|cannot be reached|could not be fetched|Ready/)
    .first()
    .waitFor();
  expect(await promptField(page).inputValue()).toBe('A prompt that waits for its model');
});
