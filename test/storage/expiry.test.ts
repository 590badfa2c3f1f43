/** What expires is gone by itself, also while the server was off: nobody who asks it for the first time finds it, nor its key, nor its bytes. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { must, send, withApiKey } from '../support/callers.ts';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

let database: TestDatabase;
let deployment: Deployment;

beforeAll(async () => {
  database = await createTestDatabase();
  const { host = '', user = '', password, database: name = '' } = database.connection;
  const url = `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`;
  deployment = await startDeployment({ settings: { DATABASE_URL: url } });
});
afterAll(async () => {
  await deployment?.remove();
  await database?.close();
});

const filesInBuckets = () => {
  const folder = join(deployment.dataDirectory, 'buckets');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
};

it('is gone by the first answer of a server that was off when its time came', async () => {
  const apiKey = await createApiKey(deployment);
  const project = await appClient(deployment.url, apiKey).createProject('Contracts');
  const upload = async (words: string): Promise<string> => {
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-length': String(Buffer.byteLength(words)),
      'upload-metadata': `name ${Buffer.from('file').toString('base64')}`,
    };
    const path = `/api/v1/projects/${project.id}/uploads`;
    const begun = await send(deployment.url, withApiKey(apiKey), 'POST', path, undefined, headers);
    const location = new URL(begun.headers.get('location') ?? '', deployment.url).pathname;
    const { 'tus-resumable': tus } = headers;
    const part = { 'tus-resumable': tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    await must(deployment.url, withApiKey(apiKey), 'PATCH', location, words, part);
    return location.split('/').at(-1) ?? '';
  };
  const [gone, stays] = [await upload('words that end'), await upload('words that stay')];
  expect(filesInBuckets()).toHaveLength(2);
  expect(await deployment.stop()).toBe(0);
  const past = "now() - interval '31 days'";
  await database.ownerQuery(`update assets set expires_at = ${past} where id = $1`, [gone]);
  await database.ownerQuery(`update objects set expires_at = ${past} where asset_id = $1`, [gone]);

  deployment = await deployment.restart();
  const status = async (id: string) =>
    (await send(deployment.url, withApiKey(apiKey), 'GET', `/api/v1/projects/${project.id}/assets/${id}/content`))
      .status;
  expect(await status(gone)).toBe(404);
  expect(await status(stays)).toBe(200);
  expect(filesInBuckets()).toHaveLength(1);
  expect(await database.ownerQuery('select asset_id from objects')).toEqual([{ asset_id: stays }]);
  expect(await database.ownerQuery("select target_id from audit_events where action = 'asset.expire'")).toEqual([
    { target_id: gone },
  ]);
});
