/** Deleting needs no key: also what nobody can open any more goes, with its receipt. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

let folder: string;
let deployment: Deployment;
let ada: Caller;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-without-kms-'));
  const providers = [{ id: 'cellar', displayName: 'Key in the cellar', url: `local:${join(folder, 'root.key')}` }];
  writeFileSync(join(folder, 'providers.json'), JSON.stringify(providers));
  deployment = await startDeployment({ settings: { CLOISTER_KEY_PROVIDERS: join(folder, 'providers.json') } });
  ada = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
}, 120_000);
afterAll(async () => {
  await deployment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function saveIn(projectId: string): Promise<string> {
  const content = { mode: 'freeform', modelId: 'some/model', parameters: {}, text: 'a secret' };
  const path = `/api/v1/projects/${projectId}/prompt-templates`;
  return (await must<{ id: string }>(deployment.url, ada, 'POST', path, { name: 'one', content })).id;
}

/** The files of buckets. */
function storedFiles(): string[] {
  const buckets = join(deployment.dataDirectory, 'buckets');
  if (!existsSync(buckets)) return [];
  const names = readdirSync(buckets, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(buckets, name)).isFile());
}

it('an asset and a project are deleted when the root key that wraps the project’s key is lost', async () => {
  const { id } = await must<{ id: string }>(deployment.url, ada, 'POST', '/api/v1/projects', { name: 'Cellar' });
  const project = `/api/v1/projects/${id}`;
  await must(deployment.url, ada, 'PUT', `${project}/key`, { providerId: 'cellar' });
  const [one, two] = [await saveIn(id), await saveIn(id)];
  expect(storedFiles()).toHaveLength(2);

  await deployment.stop();
  const configuration = join(deployment.folder, 'configuration', 'cloister');
  const other = readdirSync(configuration).find((name) => name.endsWith('.key')) ?? '';
  cpSync(join(configuration, other), join(folder, 'root.key'));
  deployment = await deployment.restart();
  ada = await signInAs(deployment.url, ADMINISTRATOR.email, ADMINISTRATOR.password);

  const opened = await send(deployment.url, ada, 'GET', `${project}/prompt-templates/${two}`);
  expect(opened.status, opened.text).toBe(409);
  const deletedOne = await must(deployment.url, ada, 'DELETE', `${project}/prompt-templates/${one}`);
  expect(deletedOne).toEqual({ receipt: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
  expect(storedFiles()).toHaveLength(1);
  const deletedAll = await must(deployment.url, ada, 'DELETE', project);
  expect(deletedAll).toEqual({ receipt: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
  expect(storedFiles()).toEqual([]);
  expect((await send(deployment.url, ada, 'GET', project)).status).toBe(404);
}, 120_000);
