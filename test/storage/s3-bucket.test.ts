import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, Secret, silentLogger } from '../../server/core/index.ts';
import { createAwsRequestHandler, createEgress } from '../../server/egress/index.ts';
import { createMemoryKeys } from '../../server/keys/testing.ts';
import type { Bucket } from '../../server/storage/index.ts';
import {
  bucketConformance,
  bucketCredentialsConformance,
  bucketNameOf,
  createIamBucketCredentials,
  createMemoryBucketCredentialStore,
  createMemoryBucketCredentials,
  openTestBucket,
} from '../../server/storage/testing.ts';
import { INSTANCE_KEY, startVersitygw, type Versitygw } from '../support/versitygw.ts';

let gateway: Versitygw;
beforeAll(async () => {
  gateway = await startVersitygw();
});
afterAll(() => gateway?.stop());

function open(
  url = gateway.url(),
  parts: { readonly ca?: string; readonly store?: ReturnType<typeof createMemoryBucketCredentialStore> } = {},
) {
  return openTestBucket(url, { secretWrapper: createMemoryKeys().secretWrapper, ...parts });
}

bucketConformance('S3, with a user a bucket', async () => open(gateway.url({ prefix: 'user-' })));
bucketConformance('S3, with one access key for all', async () => {
  const url = `s3:${gateway.endpoint}?region=${gateway.region}&prefix=one-&secret-file=${gateway.secretFile}&credentials=none`;
  return open(url);
});

bucketCredentialsConformance('memory', async () => {
  const credentials = createMemoryBucketCredentials();
  return {
    credentials,
    idsOf: async (name) => [credentials.currentOf(name) ?? []].flat(),
    close: async () => {},
  };
});
bucketCredentialsConformance('IAM', async () => {
  const { iamEndpoint: endpoint } = gateway;
  const egress = createEgress({ allow: [{ host: new URL(endpoint).host, why: 'test' }], logger: silentLogger });
  const accessKey = { id: INSTANCE_KEY.accessKeyId, secret: new Secret(INSTANCE_KEY.secretAccessKey) };
  const handler = createAwsRequestHandler({ egress, logger: silentLogger });
  const iam = new IAM({ endpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY }, maxAttempts: 1 });
  return {
    credentials: createIamBucketCredentials({ endpoint, accessKey, requestHandler: () => handler }),
    async idsOf(UserName) {
      const listed = await iam.listAccessKeys({ UserName }).catch(() => undefined);
      return (listed?.AccessKeyMetadata ?? []).map(({ AccessKeyId = '' }) => AccessKeyId);
    },
    async close() {
      (await handler).destroy();
      await egress.close();
    },
  };
});

async function* pieces(...parts: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

async function read(
  bucket: Bucket,
  scope: { accountId: string; projectId: string },
  objectId: string,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of await bucket.get(scope, objectId)) parts.push(part);
  return Buffer.concat(parts);
}

const newScope = () => ({ accountId: newId(), projectId: newId() });

describe('the S3 bucket', () => {
  it('sends large objects in parts, around the size of a part, without more than a few of them in memory', async () => {
    const { bucket, close } = open();
    const part = 8 * 1024 * 1024;
    const scope = newScope();
    for (const size of [part - 1, part, part + 1, 3 * part + 5]) {
      const [objectId, bytes] = [newId(), randomBytes(size)];
      await bucket.put(scope, objectId, pieces(bytes.subarray(0, 7), bytes.subarray(7)));
      expect((await read(bucket, scope, objectId)).equals(bytes)).toBe(true);
    }

    const megabyte = randomBytes(1024 * 1024);
    const before = process.memoryUsage().rss;
    let most = 0;
    const hash = createHash('sha256');
    async function* much(): AsyncIterable<Uint8Array> {
      for (let count = 0; count < 100; count += 1) {
        most = Math.max(most, process.memoryUsage().rss);
        hash.update(megabyte);
        yield megabyte;
      }
    }
    const objectId = newId();
    await bucket.put(scope, objectId, much());
    expect(most - before).toBeLessThan(80 * 1024 * 1024);
    const found = createHash('sha256');
    for await (const piece of await bucket.get(scope, objectId)) found.update(piece);
    expect(found.digest('hex')).toBe(hash.digest('hex'));
    await bucket.remove(scope);
    await close();
  });

  it('leaves no unfinished upload of a put that failed, and sweeps those of a crash', async () => {
    const { bucket, close } = open();
    const scope = newScope();
    const Bucket = bucketNameOf('cloister-', scope);
    const s3 = gateway.client();
    async function* failing(): AsyncIterable<Uint8Array> {
      yield randomBytes(17 * 1024 * 1024);
      throw new Error('the sender went away');
    }
    await expect(bucket.put(scope, newId(), failing())).rejects.toThrow('the sender went away');
    expect((await s3.listMultipartUploads({ Bucket })).Uploads ?? []).toEqual([]);

    await s3.createMultipartUpload({ Bucket, Key: newId() });
    const writing = newId();
    async function* sweeping(): AsyncIterable<Uint8Array> {
      yield randomBytes(9 * 1024 * 1024);
      expect(await bucket.sweep(new Date('2026-01-01'))).toBe(0);
      expect(await bucket.sweep(new Date('2100-01-01'))).toBe(1);
      yield randomBytes(9 * 1024 * 1024);
    }
    await bucket.put(scope, writing, sweeping());
    expect((await read(bucket, scope, writing)).length).toBe(18 * 1024 * 1024);
    expect((await s3.listMultipartUploads({ Bucket })).Uploads ?? []).toEqual([]);
    await close();
  });

  it('removes a bucket with old versions, markers of deletion and unfinished uploads', async () => {
    const { bucket, close } = open();
    const scope = newScope();
    const Bucket = bucketNameOf('cloister-', scope);
    const s3 = gateway.client();
    await bucket.ensure(scope);
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    const [replaced, marked] = [newId(), newId()];
    await bucket.put(scope, replaced, pieces('1'));
    await bucket.put(scope, replaced, pieces('22'));
    await bucket.put(scope, marked, pieces('3'));
    await s3.deleteObject({ Bucket, Key: marked });
    await s3.createMultipartUpload({ Bucket, Key: newId() });
    await bucket.remove(scope);
    await expect(s3.headBucket({ Bucket })).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    await close();
  });

  it('deletes every version of an object, and no other object', async () => {
    const { bucket, close } = open();
    const scope = newScope();
    const Bucket = bucketNameOf('cloister-', scope);
    const s3 = gateway.client();
    await bucket.ensure(scope);
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    const [objectId, other] = [newId(), newId()];
    for (const text of ['1', '22', '333']) await bucket.put(scope, objectId, pieces(text));
    await bucket.put(scope, other, pieces('x'));
    await bucket.delete(scope, objectId);
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
    expect([...Versions, ...DeleteMarkers].map(({ Key }) => Key)).toEqual([other]);
    await close();
  });

  it('uses one project’s credentials for it alone, makes them anew when they were ended, and ends them with the bucket', async () => {
    const store = createMemoryBucketCredentialStore();
    const { secretWrapper } = createMemoryKeys();
    const first = openTestBucket(gateway.url(), { secretWrapper, store });
    const second = openTestBucket(gateway.url(), { secretWrapper, store });
    const [scope, objectId] = [newScope(), newId()];
    const UserName = bucketNameOf('cloister-', scope);
    const iam = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    const keys = async () => (await iam.listAccessKeys({ UserName })).AccessKeyMetadata ?? [];

    await first.bucket.put(scope, objectId, pieces('x'));
    const [made] = await keys();
    expect((await read(second.bucket, scope, objectId)).toString()).toBe('x');
    expect((await keys()).map(({ AccessKeyId }) => AccessKeyId)).toEqual([made?.AccessKeyId]);

    await iam.deleteAccessKey({ UserName, AccessKeyId: made?.AccessKeyId });
    await first.bucket.put(scope, newId(), pieces('y'));
    expect((await read(second.bucket, scope, objectId)).toString()).toBe('x');
    const renewed = await keys();
    expect(renewed).toHaveLength(1);
    expect(renewed[0]?.AccessKeyId).not.toBe(made?.AccessKeyId);

    // As after a change of the KMS.
    await store.keep(scope, Buffer.from('wrapped by something else'));
    const third = openTestBucket(gateway.url(), { secretWrapper, store });
    expect((await read(third.bucket, scope, objectId)).toString()).toBe('x');
    expect((await read(first.bucket, scope, objectId)).toString()).toBe('x');
    await third.close();

    const wrapped = Buffer.from((await store.find(scope)) ?? []).toString('latin1');
    const [last] = await keys();
    expect(wrapped).not.toContain(last?.AccessKeyId);
    await first.bucket.remove(scope);
    await expect(keys()).rejects.toMatchObject({ name: expect.stringMatching(/^NoSuchEntity/) });
    expect(await store.find(scope)).toBeUndefined();
    await first.close();
    await second.close();
  });

  it('makes no user for a bucket that is not there', async () => {
    const { bucket, close } = open();
    const scope = newScope();
    await expect(read(bucket, scope, newId())).rejects.toMatchObject({ code: 'not-found' });
    for await (const _ of bucket.list(scope)) expect.fail('it listed something');
    const iam = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    await expect(iam.getUser({ UserName: bucketNameOf('cloister-', scope) })).rejects.toMatchObject({
      name: expect.stringMatching(/^NoSuchEntity/),
    });
    await close();
  });

  it('needs no more of the storage’s access key than docs/storage.md says, which reads no object', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/storage.md'), 'utf8');
    const [, sentence = ''] =
      /access key of the storage needs,([\s\S]*?)It does not need to read objects/.exec(page) ?? [];
    const actions = [...sentence.matchAll(/`((?:s3|iam):\w+)`/g)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(15);
    const ofAll = 's3:ListAllMyBuckets';
    const iam = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    const UserName = 'operators-key';
    await iam.createUser({ UserName });
    const allow = (Action: string[], Resource: string[]) => ({ Effect: 'Allow', Action, Resource });
    const Statement = [
      allow([ofAll], ['*']),
      allow(
        actions.filter((action) => action.startsWith('s3:') && action !== ofAll),
        ['arn:aws:s3:::limited-*', 'arn:aws:s3:::limited-*/*'],
      ),
      allow(
        actions.filter((action) => action.startsWith('iam:')),
        ['arn:aws:iam::*:user/limited-*'],
      ),
    ];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.putUserPolicy({ UserName, PolicyName: 'buckets', PolicyDocument });
    const { AccessKey: made } = await iam.createAccessKey({ UserName });
    const accessKey = { accessKeyId: made?.AccessKeyId ?? '', secretAccessKey: made?.SecretAccessKey ?? '' };
    const secretFile = join(gateway.folder, 'limited.secret');
    writeFileSync(secretFile, JSON.stringify(accessKey));

    const { bucket, close } = open(gateway.url({ prefix: 'limited-', 'secret-file': secretFile }));
    const [scope, objectId, large] = [newScope(), newId(), newId()];
    const Bucket = bucketNameOf('limited-', scope);
    await bucket.ensure(scope);
    await gateway.client().putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    for (const text of ['x', 'y']) await bucket.put(scope, objectId, pieces(text));
    await bucket.put(scope, large, pieces(randomBytes(9_000_000)));
    expect((await read(bucket, scope, objectId)).toString()).toBe('y');
    await expect(gateway.client(accessKey).getObject({ Bucket, Key: objectId })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await bucket.delete(scope, large);
    await gateway.client().createMultipartUpload({ Bucket, Key: newId() });
    expect(await bucket.sweep(new Date('2100-01-01'))).toBe(1);
    await gateway.client().createMultipartUpload({ Bucket, Key: newId() });
    await bucket.removeAccount(scope.accountId);
    await expect(gateway.client().headBucket({ Bucket })).rejects.toMatchObject({ name: 'NotFound' });
    await close();
  });

  it('deletes also where the storage keeps old versions, and says that it cannot remove their bucket', async () => {
    const iam = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    const UserName = 'keeps-versions';
    await iam.createUser({ UserName });
    const Statement = [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Effect: 'Deny', Action: 's3:DeleteObjectVersion', Resource: '*' },
    ];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.putUserPolicy({ UserName, PolicyName: 'all-but-versions', PolicyDocument });
    const { AccessKey: made } = await iam.createAccessKey({ UserName });
    const secretFile = join(gateway.folder, 'keeps-versions.secret');
    writeFileSync(
      secretFile,
      JSON.stringify({ accessKeyId: made?.AccessKeyId, secretAccessKey: made?.SecretAccessKey }),
    );
    const url = `s3:${gateway.endpoint}?region=${gateway.region}&prefix=kept-&secret-file=${secretFile}&credentials=none`;
    const { bucket, close } = open(url);
    const [scope, objectId] = [newScope(), newId()];
    const Bucket = bucketNameOf('kept-', scope);
    await bucket.ensure(scope);
    await gateway.client().putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    await bucket.put(scope, objectId, pieces('x'));
    await bucket.delete(scope, objectId);
    await expect(read(bucket, scope, objectId)).rejects.toMatchObject({ code: 'not-found' });
    for await (const _ of bucket.list(scope)) expect.fail('it is listed');
    expect((await gateway.client().listObjectVersions({ Bucket })).Versions).toHaveLength(1);
    await expect(bucket.remove(scope)).rejects.toMatchObject({
      code: 'failed-precondition',
      details: { reason: 'storage-locked' },
    });
    await close();
  });

  it('says who is refused, in words that hold no secret', async () => {
    const wrongFile = join(gateway.folder, 'wrong.secret');
    writeFileSync(wrongFile, JSON.stringify({ ...INSTANCE_KEY, secretAccessKey: 'not this one' }));
    const { bucket, close } = open(gateway.url({ 'secret-file': wrongFile }));
    const error = await bucket.ensure(newScope()).then(
      () => expect.fail('it was let in'),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'failed-precondition', details: { reason: 'storage-access-denied' } });
    expect(String(error)).toMatch(/refuses the server's credentials \(SignatureDoesNotMatch, 403\)/);
    expect(String(error)).not.toMatch(/not this one|cloister-instance/);
    await close();
  });
});

describe('an S3 storage with a certificate of its own authority', () => {
  let folder: string;
  let secure: Versitygw;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-s3-tls-'));
    const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile],
      ],
      { stdio: 'ignore' },
    );
    secure = await startVersitygw({ tls: { certificateFile, keyFile } });
  });
  afterAll(async () => {
    await secure?.stop();
    rmSync(folder, { recursive: true });
  });

  it('is trusted by it, and by nothing else', async () => {
    const ca = readFileSync(join(folder, 'cert.pem'), 'utf8');
    const [scope, objectId] = [newScope(), newId()];
    const trusting = open(secure.url(), { ca });
    await trusting.bucket.put(scope, objectId, pieces('x'));
    expect((await read(trusting.bucket, scope, objectId)).toString()).toBe('x');
    await trusting.close();
    const others = open(secure.url());
    await expect(read(others.bucket, scope, objectId)).rejects.toMatchObject({ code: 'unavailable' });
    await others.close();
  });
});
