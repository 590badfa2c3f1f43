import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { IAM } from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { problem } from '../../contract/app/index.ts';
import { type Caller, must, type Reply, send, withApiKey } from '../support/callers.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { type Exchange, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { INSTANCE_KEY, startVersitygw, type Versitygw } from '../support/versitygw.ts';

/** Two segments, the first of them in two parts of an S3 upload. */
const LARGE_BYTES = 20_000_000;
/** Objects that are older than the sweep's least age. */
const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1000;

type Fault = (exchange: Exchange, body: string) => Promise<void> | void;

/** A server whose objects are in S3 and whose buckets have users: both fail, as a storage under load does, while people work. */
describe('an S3 storage and its IAM that fail while a deployment uses them', () => {
  let gateway: Versitygw;
  let s3: FaultyProxy;
  let iam: FaultyProxy;
  let deployment: Deployment;
  let administrator: Caller;

  beforeAll(async () => {
    gateway = await startVersitygw();
    s3 = await startFaultyProxy(gateway.endpoint);
    iam = await startFaultyProxy(gateway.iamEndpoint);
    const bucket = gateway.url({ iam: iam.endpoint }).replace(gateway.endpoint, s3.endpoint);
    deployment = await startDeployment({ settings: { CLOISTER_BUCKET: bucket } });
    administrator = withApiKey(await createApiKey(deployment));
  });
  afterEach(() => {
    s3.setFault();
    iam.setFault();
  });
  afterAll(async () => {
    await deployment?.remove();
    await s3?.stop();
    await iam?.stop();
    await gateway?.stop();
  });

  const call = (method: string, path: string, body?: object | Uint8Array) =>
    send(deployment.url, administrator, method, `/api/v1${path}`, body, typeOf(body));
  const mustCall = <T>(method: string, path: string, body?: object | Uint8Array) =>
    must<T>(deployment.url, administrator, method, `/api/v1${path}`, body, typeOf(body));
  const newProject = async (name: string) => (await mustCall<{ id: string }>('POST', '/projects', { name })).id;
  const putObject = (projectId: string, objectId: string, bytes: Uint8Array) =>
    call('PUT', `/projects/${projectId}/bucket/objects/${objectId}`, bytes);

  async function projectNames(): Promise<string[]> {
    const { items } = await mustCall<{ items: { name: string }[] }>('GET', '/projects');
    return items.map(({ name }) => name);
  }

  async function objectsOf(projectId: string): Promise<string[]> {
    const { items } = await mustCall<{ items: { objectId: string }[] }>('GET', `/projects/${projectId}/bucket/objects`);
    return items.map(({ objectId }) => objectId).sort();
  }

  async function contentOf(projectId: string, objectId: string): Promise<string> {
    const response = await fetch(`${deployment.url}/api/v1/projects/${projectId}/bucket/objects/${objectId}`, {
      headers: administrator.headers,
    });
    expect(response.status).toBe(200);
    return digestOf(new Uint8Array(await response.arrayBuffer()));
  }

  const bucketOf = async (projectId: string) =>
    (await mustCall<{ name: string }>('GET', `/projects/${projectId}/bucket`)).name;

  /** What the storage itself has of a project: objects, and uploads that nobody finished. */
  async function storedOf(projectId: string): Promise<{ objects: number; uploads: number }> {
    const Bucket = await bucketOf(projectId);
    const client = gateway.client();
    const { Contents = [] } = await client.listObjectsV2({ Bucket });
    const { Uploads = [] } = await client.listMultipartUploads({ Bucket });
    return { objects: Contents.length, uploads: Uploads.length };
  }

  async function accessKeysOf(userName: string): Promise<number> {
    const client = new IAM({ endpoint: gateway.iamEndpoint, region: 'us-east-1', credentials: { ...INSTANCE_KEY } });
    const users = await client.listUsers({});
    if (!users.Users?.some(({ UserName }) => UserName === userName)) return 0;
    const { AccessKeyMetadata = [] } = await client.listAccessKeys({ UserName: userName });
    return AccessKeyMetadata.length;
  }

  it('an object that the storage takes its time for is acknowledged when it is there, and holds nobody else up', async () => {
    const projectId = await newProject('Slow');
    const [other, slow] = [randomUUID(), randomUUID()];
    const bytes = randomBytes(100_000);
    await putObject(projectId, other, bytes);
    const isStored = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    s3.setFault(async ({ request, response, forward, pass }) => {
      if (request.method !== 'PUT') return pass();
      const answer = await forward();
      isStored.resolve();
      await mayAnswer.promise;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    let reply: Reply | undefined;
    const putting = putObject(projectId, slow, bytes).then((came) => {
      reply = came;
    });
    await isStored.promise;
    expect(await objectsOf(projectId)).toEqual([other]);
    expect(await contentOf(projectId, other)).toBe(digestOf(bytes));
    expect(reply).toBeUndefined();
    mayAnswer.resolve();
    await putting;
    expect(reply?.status).toBe(200);
    expect(await contentOf(projectId, slow)).toBe(digestOf(bytes));
    expect(await storedOf(projectId)).toEqual({ objects: 2, uploads: 0 });
  });

  it('a put that gives 500, 500, then 200 is whole, each part of it', async () => {
    const projectId = await newProject('Third time');
    const bytes = randomBytes(LARGE_BYTES);
    const refused = new Map<string, number>();
    s3.setFault(({ request: { method, url = '' }, pass, refuse }) => {
      const times = refused.get(url) ?? 0;
      if (method !== 'PUT' || times === 2) return pass();
      refused.set(url, times + 1);
      return refuse(500, 'InternalError');
    });
    const objectId = randomUUID();
    expect((await putObject(projectId, objectId, bytes)).status).toBe(200);
    expect([...refused.keys()].join()).toMatch(/partNumber=1.*partNumber=2.*x-id=PutObject/);
    expect(new Set(refused.values())).toEqual(new Set([2]));
    expect(await contentOf(projectId, objectId)).toBe(digestOf(bytes));
    expect(await storedOf(projectId)).toEqual({ objects: 2, uploads: 0 });
  });

  it('what never got through is no object, and what it left in the storage goes with the sweep', async () => {
    const projectId = await newProject('Half');
    const kept = randomUUID();
    const bytes = randomBytes(LARGE_BYTES);
    await putObject(projectId, kept, bytes);

    // The second part of a segment fails, and so does every clean-up.
    s3.setFault(({ request: { method, url = '' }, pass, refuse }) =>
      url.includes('partNumber=2') || method === 'DELETE' ? refuse(500, 'InternalError') : pass(),
    );
    const half = await putObject(projectId, randomUUID(), bytes);
    expectClear(half, 503, bytes);
    // Stored, every time, but nobody hears of it.
    s3.setFault(async ({ request, pass, forward, cut }) => {
      if (request.method !== 'PUT') return pass();
      await forward();
      cut();
    });
    const unheard = Buffer.from(`words that nobody may read ${randomUUID()}`);
    expectClear(await putObject(projectId, randomUUID(), unheard), 503, unheard);
    s3.setFault();
    expect(await objectsOf(projectId)).toEqual([kept]);
    const left = await storedOf(projectId);
    expect(left.uploads).toBeGreaterThan(0);
    expect(left.objects).toBeGreaterThan(2);

    await deployment.stop();
    makeOld(join(gateway.folder, 'objects'));
    deployment = await deployment.restart();
    await expect.poll(() => storedOf(projectId), { timeout: 30_000 }).toEqual({ objects: 2, uploads: 0 });
    expect(await objectsOf(projectId)).toEqual([kept]);
    expect(await contentOf(projectId, kept)).toBe(digestOf(bytes));
  });

  it('a download goes on where the storage stalled in the middle of it, after half a minute of silence', async () => {
    const projectId = await newProject('Stalled');
    const [objectId, bytes] = [randomUUID(), randomBytes(3_000_000)];
    await putObject(projectId, objectId, bytes);
    let stalled = 0;
    s3.setFault(({ request, ...exchange }) => {
      if (request.method !== 'GET' || stalled > 0) return exchange.pass();
      stalled += 1;
      return stall({ request, ...exchange }, 1_000_000);
    });
    expect(await contentOf(projectId, objectId)).toBe(digestOf(bytes));
    expect(stalled).toBe(1);
    expect(s3.seen.filter((line) => line.startsWith('GET'))).toHaveLength(2);
  });

  describe.each(['CreateUser', 'PutUserPolicy', 'CreateAccessKey'])('when the IAM fails at %s', (action) => {
    /** The first `count` requests for the action get the fault; all others pass. */
    function failAt(fault: Fault, count = Number.POSITIVE_INFINITY): void {
      let left = count;
      iam.setFault(async (exchange) => {
        const body = await text(exchange.request);
        if (left === 0 || new URLSearchParams(body).get('Action') !== action) return exchange.pass(body);
        left -= 1;
        return fault(exchange, body);
      });
    }
    const lose: Fault = async ({ forward, cut }, body) => void (await forward(body).then(cut));

    it.each<[string, Fault]>([
      ['500', ({ refuse }) => refuse(500, 'InternalFailure')],
      ['503', ({ refuse }) => refuse(503, 'ServiceUnavailable')],
      ['answers that are lost', lose],
    ])('with %s and goes on so, it is said, and no access key stays that nobody knows', async (why, fault) => {
      const name = `${action}: ${why}`;
      let userName = '';
      failAt((exchange, body) => {
        userName = new URLSearchParams(body).get('UserName') ?? '';
        return fault(exchange, body);
      });
      expectClear(await call('POST', '/projects', { name }), 503);
      expect(iam.seen.length).toBeGreaterThanOrEqual(4);
      iam.setFault();
      expect(await accessKeysOf(userName)).toBe(0);
      expect(await projectNames()).not.toContain(name);
      expect(await accessKeysOf(await bucketOf(await newProject(name)))).toBe(1);
    });

    it.each<[string, Fault]>([
      ['500, 500, then 200', ({ refuse }) => refuse(500, 'InternalFailure')],
      ['answers that are lost, twice', lose],
    ])('with %s, the project is made, with one access key', async (_, fault) => {
      failAt(fault, 2);
      const projectId = await newProject('Made');
      expect(await accessKeysOf(await bucketOf(projectId))).toBe(1);
      const [objectId, bytes] = [randomUUID(), randomBytes(1000)];
      expect((await putObject(projectId, objectId, bytes)).status).toBe(200);
      expect(await contentOf(projectId, objectId)).toBe(digestOf(bytes));
    });
  });

  /** A problem with words for people, nothing of what was sent, and no secret. */
  function expectClear(reply: Reply, status: number, sent?: Uint8Array): void {
    expect(reply.status).toBe(status);
    const { detail } = problem.parse(JSON.parse(reply.text));
    expect(detail).toMatch(/^The storage /);
    for (const secret of [INSTANCE_KEY.secretAccessKey, 'by the test', ...(sent === undefined ? [] : [sent])]) {
      const bytes = Buffer.from(secret).subarray(0, 64);
      expect(Buffer.from(reply.text).includes(bytes)).toBe(false);
      expect(Buffer.from(deployment.output()).includes(bytes)).toBe(false);
    }
  }
});

function typeOf(body: object | undefined): Record<string, string> {
  return body instanceof Uint8Array ? { 'content-type': 'application/octet-stream' } : {};
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sends so much of the answer, and then nothing more, without an end. */
async function stall({ forward, response }: Exchange, afterBytes: number): Promise<void> {
  const answer = await forward();
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  let sent = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (sent >= afterBytes) return;
    response.write(piece);
    sent += piece.length;
  }
}

function makeOld(folder: string): void {
  const then = new Date(Date.now() - TWO_DAYS_MS);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    utimesSync(join(folder, entry), then, then);
}
