/** Deleted means gone, on the real server with an S3 storage that keeps versions: for each way to delete, also for whoever copied everything before. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UPLOAD_PART } from '../../contract/app/index.ts';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { createEgress, type Egress } from '../../server/egress/index.ts';
import { createKeys, type Keys } from '../../server/keys/index.ts';
import { bucketNameOf } from '../../server/storage/testing.ts';
import { must, send, withApiKey } from '../support/callers.ts';
import { type AppClient, appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { copyEveryVersion, type Rows, readEveryRow, tryEveryKey } from '../support/trial-of-keys.ts';
import { startVersitygw, type Versitygw } from '../support/versitygw.ts';

/** Tables that may still name a project after its end. */
const NAMES_A_DELETED_PROJECT = {
  audit_events:
    'who did what to which project stays until the retention that the account has set; there is no content in it',
};

type Project = { readonly id: string; readonly bucketName: string };

/** A provider beside the standard one. */
const CLINIC = 'clinic';

let gateway: Versitygw;
let database: TestDatabase;
let deployment: Deployment;
let client: AppClient;
let apiKey: string;
let egress: Egress;
let keys: Keys;
/** Somebody else's, filled, for every trial: it opens whatever was deleted beside it. */
let others: Project;

beforeAll(async () => {
  gateway = await startVersitygw();
  database = await createTestDatabase();
  const { host = '', user = '', password, database: name = '' } = database.connection;
  const kmsUrl = `local:${join(gateway.folder, 'root.key')}`;
  const providers = [
    { id: CLINIC, displayName: 'Root key of the clinic', url: `local:${join(gateway.folder, 'clinic.key')}` },
  ];
  const providersFile = join(gateway.folder, 'providers.json');
  writeFileSync(providersFile, JSON.stringify(providers));
  deployment = await startDeployment({
    settings: {
      DATABASE_URL: `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`,
      CLOISTER_BUCKET: gateway.url(),
      CLOISTER_KMS: kmsUrl,
      CLOISTER_KEY_PROVIDERS: providersFile,
    },
  });
  apiKey = await createApiKey(deployment);
  client = appClient(deployment.url, apiKey);
  egress = createEgress({ allow: [], logger: silentLogger });
  // The same keys in other hands.
  keys = await createKeys({
    config: { url: kmsUrl, providers },
    database,
    egress,
    logger: silentLogger,
    clock: systemClock,
  });
  others = await newProject();
  await fill(others.id, 'words of others');
});
afterAll(async () => {
  await keys?.close();
  await egress?.close();
  await deployment?.remove();
  await database?.close();
  await gateway?.stop();
});

const call = (method: string, path: string, ...body: [body?: object | string, headers?: Record<string, string>]) =>
  must(deployment.url, withApiKey(apiKey), method, `/api/v1/projects/${path}`, ...body);

/** A project whose bucket keeps versions, with its own key in the provider beside the standard one. */
async function newProject(): Promise<Project> {
  const { id } = await client.createProject('Contracts');
  await call('PUT', `${id}/key`, { providerId: CLINIC });
  const [row] = await database.ownerQuery<{ account_id: string }>('select account_id from projects where id = $1', [
    id,
  ]);
  const bucketName = bucketNameOf('cloister-', { accountId: row?.account_id ?? '', projectId: id });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await gateway.client().putBucketVersioning({ Bucket: bucketName, VersioningConfiguration });
  return { id, bucketName };
}

/**
 * Uploads the words twice, each time as a part and so as a segment of its own.
 * @param parts how many the upload will have: with two it is an asset now, of the same id
 */
async function upload(projectId: string, words: string, parts: number): Promise<string> {
  const tus = { 'tus-resumable': '1.0.0' };
  const headers = {
    ...tus,
    'upload-length': String(parts * Buffer.byteLength(words)),
    'upload-metadata': `name ${Buffer.from('file').toString('base64')}`,
  };
  const path = `/api/v1/projects/${projectId}/uploads`;
  const begun = await send(deployment.url, withApiKey(apiKey), 'POST', path, undefined, headers);
  const id = begun.headers.get('location')?.split('/').at(-1) ?? '';
  for (const number of [0, 1]) {
    const offset = String(number * Buffer.byteLength(words));
    await call('PATCH', `${projectId}/uploads/${id}`, words, {
      ...tus,
      'upload-offset': offset,
      'content-type': UPLOAD_PART,
    });
  }
  return id;
}

/** Everything that a project can have, with these words in all of its content. */
/** All that a prompt session itself holds: its prompts are objects of their own. */
const SESSION = '{"schemaVersion":1}';

async function fill(projectId: string, words: string): Promise<void> {
  const { id: templateId } = await client.saveTemplate(projectId, 'template', words);
  const template = `${projectId}/prompt-templates/${templateId}`;
  await call('PATCH', template, { settings: { keepsVersions: true } });
  // What it replaces stays as a version.
  const { content } = await client.replaceTemplate(projectId, templateId, `${words} again`);
  await call('PUT', `${template}/lock`, { editorId: randomUUID() });
  const session = (await call('POST', `${projectId}/prompt-sessions`, { name: 'session' })) as { id: string };
  await call('POST', `${projectId}/prompt-sessions/${session.id}/entries`, {
    entry: { content, output: words, stopReason: 'eos_token' },
  });
  await upload(projectId, words, 2);
  await upload(projectId, words, 3);
  await call('PUT', `${projectId}/bucket/objects/${randomUUID()}`, words, {
    'content-type': 'application/octet-stream',
  });
}

/** @param known rows of earlier */
async function look({ bucketName }: Project, known: readonly Rows[] = []) {
  const rows = await readEveryRow(database);
  const copies = await copyEveryVersion(gateway.client(), [bucketName, others.bucketName]);
  return { rows, copies, known: [...known, rows], providers: keys.providers };
}

/** Nothing with these words can be had after the act, from the storage or from copies, and everything else can. */
async function expectGone(project: Project, words: string, act: () => Promise<unknown>): Promise<void> {
  const before = await look(project);
  const control = await tryEveryKey(before);
  // All of it opens now, so what stays shut below does for want of what was deleted.
  expect([...control.opened.keys()]).toHaveLength(before.copies.length);
  expect(control.notUnwrapped).toEqual([]);
  const goneCopies = before.copies.filter((copy) => {
    const text = control.opened.get(copy) ?? '';
    return text.includes(words) || (copy.name.startsWith(project.bucketName) && text.includes(SESSION));
  });
  expect(goneCopies).not.toEqual([]);

  await act();

  const after = await look(project, before.known);
  const goneNames = goneCopies.map(({ name }) => name);
  expect(after.copies.map(({ name }) => name).filter((name) => goneNames.includes(name))).toEqual([]);
  const goneBytes = goneCopies.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
  expect(after.copies.filter(({ bytes }) => goneBytes.includes(Buffer.from(bytes).toString('hex')))).toEqual([]);

  const { opened } = await tryEveryKey({ ...after, copies: [...before.copies, ...after.copies] });
  const shut = before.copies.filter((copy) => !opened.has(copy));
  expect(shut.map(({ name }) => name)).toEqual(goneNames);
  expect([...opened.values()].filter((text) => text.includes(words))).toEqual([]);
  expect(after.copies.filter((copy) => !opened.has(copy))).toEqual([]);
}

describe('gone, also for whoever copied everything before:', () => {
  it('an asset that is deleted', async () => {
    const project = await newProject();
    const { id: projectId } = project;
    const words = `words ${randomUUID()}`;
    const assetId = await upload(projectId, words, 2);
    await client.saveTemplate(projectId, 'kept', 'words to be kept');
    await expectGone(project, words, () => call('DELETE', `${projectId}/assets/${assetId}`));
  });

  it('content that other content took the place of', async () => {
    const project = await newProject();
    const { id: projectId } = project;
    const words = `words ${randomUUID()}`;
    const { id } = await client.saveTemplate(projectId, 'template', words);
    await expectGone(project, words, () => client.replaceTemplate(projectId, id, 'other words'));
    expect((await client.openTemplate(projectId, id)).content).toMatchObject({ text: 'other words' });
  });

  it('an upload that is cancelled', async () => {
    const project = await newProject();
    const { id: projectId } = project;
    const words = `words ${randomUUID()}`;
    const uploadId = await upload(projectId, words, 3);
    await client.saveTemplate(projectId, 'kept', 'words to be kept');
    await expectGone(project, words, () =>
      call('DELETE', `${projectId}/uploads/${uploadId}`, undefined, { 'tus-resumable': '1.0.0' }),
    );
  });

  it('a project that is deleted, and every row that was of it', async () => {
    const project = await newProject();
    const { id: projectId } = project;
    const words = `words ${randomUUID()}`;
    await fill(projectId, words);
    const caller = withApiKey(apiKey);
    const { id: userId } = await must<{ id: string }>(deployment.url, caller, 'GET', '/api/v1/profile');
    await call('PUT', `${projectId}/bucket/grants/${userId}`, { access: 'writer' });
    await must(deployment.url, caller, 'POST', '/api/v1/api-keys', { name: 'of the project', scope: { projectId } });
    const columns = await database.ownerQuery<{ table_name: string }>(
      `select distinct table_name from information_schema.columns
      where table_schema = 'public' and column_name like '%project_id' order by table_name`,
    );
    const tables = columns.map(({ table_name }) => table_name);
    const before = tablesThatName(projectId, await readEveryRow(database));
    // Each has a row of it, so that each is seen to lose it.
    expect(before).toEqual(expect.arrayContaining([...tables, 'projects']));

    await expectGone(project, words, () => call('DELETE', projectId));

    const after = tablesThatName(projectId, await readEveryRow(database));
    expect(after).toEqual(Object.keys(NAMES_A_DELETED_PROJECT));
  });

  it('everything that a key sealed which is destroyed, also when the project starts over', async () => {
    const project = await newProject();
    const { id: projectId } = project;
    const words = `words ${randomUUID()}`;
    await fill(projectId, words);
    await expectGone(project, words, async () => {
      await call('POST', `${projectId}/key/destroy`, { confirmation: 'Contracts' });
      await call('POST', `${projectId}/key/enable`);
      await client.saveTemplate(projectId, 'afterwards', 'words of afterwards');
    });
  });
});

// A trial that opens nothing proves something only if it finds a key that is there.
describe('not gone', () => {
  for (const form of ['as it was wrapped', 'unwrapped'] as const) {
    it(`while its key stayed somewhere, ${form}`, async () => {
      const project = await newProject();
      const { id: projectId } = project;
      const words = `words ${randomUUID()}`;
      const { id } = await client.saveTemplate(projectId, 'template', words);
      await database.ownerQuery('create table forgotten (something bytea not null)');
      try {
        const [row] = await database.ownerQuery<Record<string, never>>('select * from objects where asset_id = $1', [
          id,
        ]);
        const wrapped = { projectKeyId: row?.project_key_id ?? '', wrapped: row?.wrapped_key ?? Buffer.alloc(0) };
        const scope = { accountId: row?.account_id ?? '', projectId, objectId: row?.stored_as ?? '' };
        using key = await keys.service.openObjectKey({ ...scope, purpose: row?.purpose ?? '' }, wrapped);
        const kept = form === 'unwrapped' ? Buffer.from(key.copyBytes()) : wrapped.wrapped;
        await database.ownerQuery('insert into forgotten values ($1)', [kept]);
        const before = await look(project);
        await client.deleteTemplate(projectId, id);
        const after = await look(project, before.known);
        const { opened } = await tryEveryKey({ ...after, copies: before.copies });
        expect([...opened.values()].filter((text) => text.includes(words))).toHaveLength(1);
      } finally {
        await database.ownerQuery('drop table forgotten');
      }
    });
  }
});

/** The tables that have the project's id somewhere in a row. */
function tablesThatName(projectId: string, rows: Rows): readonly string[] {
  const named = [...rows].filter(([, rowsOfTable]) =>
    rowsOfTable.some((row) => JSON.stringify(row).includes(projectId)),
  );
  return named.map(([table]) => table).toSorted();
}
