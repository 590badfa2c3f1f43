import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import type { S3 } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { createEgress, type Egress } from '../../server/egress/index.ts';
import { createKeys, type Keys } from '../../server/keys/index.ts';
import { bucketNameOf } from '../../server/storage/testing.ts';
import { type AppClient, appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { INSTANCE_KEY, startVersitygw, type Versitygw } from '../support/versitygw.ts';

type Place = { readonly accountId: string; readonly projectId: string };

describe('a deployment whose buckets are in an S3 storage', () => {
  let gateway: Versitygw;
  let proxy: FaultyProxy;
  let database: TestDatabase;
  let deployment: Deployment;
  let client: AppClient;
  let apiKey: string;
  let keys: Keys;
  let egress: Egress;

  beforeAll(async () => {
    gateway = await startVersitygw();
    proxy = await startFaultyProxy(gateway.endpoint);
    const bucketUrl = gateway.url().replace(gateway.endpoint, proxy.endpoint);
    database = await createTestDatabase();
    const { host = '', user = '', password, database: name = '' } = database.connection;
    deployment = await startDeployment({
      settings: {
        DATABASE_URL: `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`,
        CLOISTER_BUCKET: bucketUrl,
        CLOISTER_KMS: `local:${join(gateway.folder, 'root.key')}`,
      },
    });
    apiKey = await createApiKey(deployment);
    client = appClient(deployment.url, apiKey);
    // A second look at the same database and keys, as of somebody who has all of them.
    const ports = { database, logger: silentLogger, clock: systemClock };
    egress = createEgress({ allow: [], logger: silentLogger });
    keys = await createKeys({ config: { url: `local:${join(gateway.folder, 'root.key')}` }, egress, ...ports });
  });
  afterEach(() => proxy.setFault());
  afterAll(async () => {
    await keys?.close();
    await egress?.close();
    await deployment?.remove();
    await database?.close();
    await proxy?.stop();
    await gateway?.stop();
  });

  async function placeOf(projectId: string): Promise<Place> {
    const [row] = await database.ownerQuery<{ account_id: string }>('select account_id from projects where id = $1', [
      projectId,
    ]);
    return { accountId: row?.account_id ?? '', projectId };
  }

  function call(method: string, path: string, body?: Uint8Array): Promise<Response> {
    return fetch(`${deployment.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
  }

  /** The project's own credentials, as the server has them. */
  async function ownClient(place: Place): Promise<S3> {
    const [row] = await database.ownerQuery<{ wrapped_credential: Buffer }>(
      'select wrapped_credential from bucket_credentials where project_id = $1',
      [place.projectId],
    );
    const context = {
      account: place.accountId,
      project: place.projectId,
      purpose: 'bucket-credential',
      version: '1',
    };
    const bytes = await keys.secretWrapper.unwrap(row?.wrapped_credential ?? Buffer.alloc(0), context);
    const { id, secret } = JSON.parse(Buffer.from(bytes).toString()) as { id: string; secret: string };
    return gateway.client({ accessKeyId: id, secretAccessKey: secret });
  }

  it('saves, opens, lists, replaces and deletes, and shows the storage nothing that can be read', async () => {
    const { id } = await client.createProject('Contracts');
    const bucketName = bucketNameOf('cloister-', await placeOf(id));
    const text = `a clause about canary ${randomUUID()}`;
    const saved = await client.saveTemplate(id, 'clause', text);
    expect((await client.openTemplate(id, saved.id)).content).toMatchObject({ text });
    expect((await client.listTemplates(id)).map(({ name }) => name)).toEqual(['clause']);
    const stored = await gateway.client().listObjectsV2({ Bucket: bucketName });
    expect(stored.Contents).toHaveLength(1);
    expect(textBelow(gateway.folder)).not.toContain(text);
    expect(deployment.output()).not.toContain(text);

    await client.replaceTemplate(id, saved.id, 'other words');
    expect((await client.openTemplate(id, saved.id)).content).toMatchObject({ text: 'other words' });
    await client.deleteTemplate(id, saved.id);
    expect(await client.listTemplates(id)).toEqual([]);
    expect((await gateway.client().listObjectsV2({ Bucket: bucketName })).Contents ?? []).toEqual([]);
  });

  it('opens each project’s bucket with credentials that open no other one', async () => {
    const places = await Promise.all(
      ['One', 'Other'].map(async (name) => placeOf((await client.createProject(name)).id)),
    );
    for (const { projectId } of places) await client.saveTemplate(projectId, 'kept', 'kept words');
    for (const [mine, others] of [places, places.toReversed()] as [Place, Place][]) {
      const s3 = await ownClient(mine);
      const [own, foreign] = [bucketNameOf('cloister-', mine), bucketNameOf('cloister-', others)];
      const Key = (await s3.listObjectsV2({ Bucket: own })).Contents?.[0]?.Key ?? '';
      expect((await (await s3.getObject({ Bucket: own, Key })).Body?.transformToByteArray())?.length).toBeGreaterThan(
        0,
      );
      const foreignKey = (await gateway.client().listObjectsV2({ Bucket: foreign })).Contents?.[0]?.Key ?? '';
      const refused = { $metadata: { httpStatusCode: 403 } };
      for (const attempt of [
        () => s3.listObjectsV2({ Bucket: foreign }),
        () => s3.listObjectVersions({ Bucket: foreign }),
        () => s3.getObject({ Bucket: foreign, Key: foreignKey }),
        () => s3.headObject({ Bucket: foreign, Key: foreignKey }),
        () => s3.putObject({ Bucket: foreign, Key: foreignKey, Body: 'mine' }),
        () => s3.copyObject({ Bucket: own, Key, CopySource: `${foreign}/${foreignKey}` }),
        () => s3.createMultipartUpload({ Bucket: foreign, Key: foreignKey }),
        () => s3.deleteObject({ Bucket: foreign, Key: foreignKey }),
        () => s3.deleteBucket({ Bucket: foreign }),
        () => s3.deleteBucket({ Bucket: own }),
        () => s3.putBucketPolicy({ Bucket: own, Policy: '{}' }),
        () => s3.putBucketVersioning({ Bucket: own, VersioningConfiguration: { Status: 'Suspended' } }),
        () => s3.listBuckets(),
        () => s3.createBucket({ Bucket: `${own.slice(0, -1)}x` }),
      ]) {
        await expect(attempt()).rejects.toMatchObject(refused);
      }
      const [deleted] =
        (await s3.deleteObjects({ Bucket: foreign, Delete: { Objects: [{ Key: foreignKey }] } })).Errors ?? [];
      expect(deleted?.Code).toBe('AccessDenied');
    }
    for (const { projectId } of places) expect(await client.listTemplates(projectId)).toHaveLength(1);
  });

  it('removes bucket, user and credentials with the project', async () => {
    const { id } = await client.createProject('Over');
    const place = await placeOf(id);
    const name = bucketNameOf('cloister-', place);
    await client.saveTemplate(id, 'one', 'words');
    const own = await ownClient(place);
    expect((await call('DELETE', `/projects/${id}`)).ok).toBe(true);
    await expect(own.listObjectsV2({ Bucket: name })).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(gateway.client().headBucket({ Bucket: name })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
    const iam = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    await expect(iam.getUser({ UserName: name })).rejects.toMatchObject({
      name: expect.stringMatching(/^NoSuchEntity/),
    });
    expect(await database.ownerQuery('select 1 from bucket_credentials where project_id = $1', [id])).toEqual([]);
  });

  it('says so when the storage does not answer, acknowledges nothing, and goes on when it is back', async () => {
    const { id } = await client.createProject('Away');
    const kept = await client.saveTemplate(id, 'before', 'kept words');
    proxy.setFault(({ refuse }) => refuse(503, 'SlowDown'));
    await expect(client.saveTemplate(id, 'meanwhile', 'x')).rejects.toThrow(/503 .*has too much to do/s);
    await expect(client.openTemplate(id, kept.id)).rejects.toThrow(/503 .*has too much to do/s);
    proxy.setFault();
    expect((await client.listTemplates(id)).map(({ name }) => name)).toEqual(['before']);
    expect((await client.openTemplate(id, kept.id)).content).toMatchObject({ text: 'kept words' });
    await client.saveTemplate(id, 'after', 'x');
  });

  it('keeps large content in parts, and nothing of what was being sent when the server was killed', async () => {
    const { id } = await client.createProject('Large');
    const place = await placeOf(id);
    const Bucket = bucketNameOf('cloister-', place);
    const bytes = randomBytes(20_000_000);
    const [kept, lost] = [randomUUID(), randomUUID()];
    const put = (objectId: string) => call('PUT', `/projects/${id}/bucket/objects/${objectId}`, bytes);
    expect((await put(kept)).status).toBe(200);

    const isStalled = Promise.withResolvers<void>();
    proxy.setFault(({ request, pass }) => {
      if (request.method !== 'PUT' || !request.url?.includes('partNumber=2')) return pass();
      isStalled.resolve();
    });
    const sending = put(lost).catch(() => undefined);
    await isStalled.promise;
    await deployment.kill();
    expect(await sending).toBeUndefined();
    proxy.setFault();
    deployment = await deployment.restart();
    client = appClient(deployment.url, apiKey);

    const { items } = (await (await call('GET', `/projects/${id}/bucket/objects`)).json()) as {
      items: { objectId: string }[];
    };
    expect(items.map(({ objectId }) => objectId)).toEqual([kept]);
    const found = Buffer.from(await (await call('GET', `/projects/${id}/bucket/objects/${kept}`)).arrayBuffer());
    expect(found.equals(bytes)).toBe(true);
    // What was sent is no object, and goes with the sweep of an hour later, or with the bucket.
    expect((await gateway.client().listMultipartUploads({ Bucket })).Uploads).toHaveLength(1);
    expect((await call('DELETE', `/projects/${id}`)).ok).toBe(true);
    await expect(gateway.client().headBucket({ Bucket })).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('tells the operator which storage it has, and no secret of it', async () => {
    const { stdout } = await deployment.cloister('doctor');
    expect(stdout).toContain('credentials=iam');
    expect(stdout + deployment.output()).not.toContain(INSTANCE_KEY.secretAccessKey);
    const logs = textBelow(join(deployment.dataDirectory, 'logs'));
    expect(logs).toContain('outbound request');
    expect(logs).not.toContain(INSTANCE_KEY.secretAccessKey);
  });
});

/** Every file below a folder, as one text. */
function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}
