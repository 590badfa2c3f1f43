import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../server/core/index.ts';
import { createMemoryKeys } from '../../server/keys/testing.ts';
import type { Bucket } from '../../server/storage/index.ts';
import { bucketNameOf, openTestBucket } from '../../server/storage/testing.ts';
import { type Exchange, type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { startVersitygw, type Versitygw } from '../support/versitygw.ts';

/** Where a storage is meant to be silent; elsewhere a busy machine must not be taken for a silent one. */
const SHORT_IDLE_MS = 1500;
const IDLE_MS = 30_000;
const MEBIBYTE = 1024 * 1024;

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

/** The first `count` requests of the method get the fault, all others pass. */
function atFirst(count: number, method: string, fault: (exchange: Exchange) => Promise<void> | void) {
  let left = count;
  return (exchange: Exchange) => {
    if (exchange.request.method !== method || left === 0) return exchange.pass();
    left -= 1;
    return fault(exchange);
  };
}

/** The connection breaks when the answer has begun. */
async function cutAnswer({ forward, response }: Exchange, afterBytes: number): Promise<void> {
  const answer = await forward();
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  let sent = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (sent >= afterBytes) break;
    response.write(piece);
    sent += piece.length;
  }
  setTimeout(() => response.destroy(), 50);
}

describe('an S3 storage that fails', () => {
  let gateway: Versitygw;
  let proxy: FaultyProxy;
  let bucket: Bucket;
  let close: () => Promise<void>;
  const scope = { accountId: newId(), projectId: newId() };

  beforeAll(async () => {
    gateway = await startVersitygw();
    proxy = await startFaultyProxy(gateway.endpoint);
    openAgain();
    await bucket.ensure(scope);
  });
  // Clients stop asking again when that has often been in vain, so each test has its own.
  beforeEach(() => openAgain());
  afterEach(async () => {
    proxy.setFault();
    await close();
  });
  afterAll(async () => {
    await proxy?.stop();
    await gateway?.stop();
  });

  function openAgain(idleMs = IDLE_MS): void {
    const url = `s3:${proxy.endpoint}?region=${gateway.region}&prefix=cloister-&secret-file=${gateway.secretFile}&credentials=none`;
    ({ bucket, close } = openTestBucket(url, { secretWrapper: createMemoryKeys().secretWrapper, idleMs }));
  }

  async function put(bytes: Uint8Array): Promise<string> {
    const objectId = newId();
    await bucket.put(scope, objectId, pieces(bytes));
    return objectId;
  }

  async function read(objectId: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of await bucket.get(scope, objectId)) parts.push(part);
    return Buffer.concat(parts);
  }

  async function listed(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { objectId } of bucket.list(scope)) ids.push(objectId);
    return ids;
  }

  it.each([
    ['500', ({ refuse }: Exchange) => refuse(500, 'InternalError')],
    ['503, slow down', ({ refuse }: Exchange) => refuse(503, 'SlowDown')],
    ['a connection that is cut before a byte', ({ cut }: Exchange) => cut()],
    [
      'a connection that is cut in the middle of a put',
      ({ request, cut }: Exchange) => void request.once('data', () => cut()),
    ],
    ['no answer', () => {}],
    ['an answer that is lost', async ({ forward, cut }: Exchange) => void (await forward().then(cut))],
  ])('is asked again after %s, and nothing that was acknowledged is lost', async (name, fault) => {
    if (name === 'no answer') openAgain(SHORT_IDLE_MS);
    for (const size of [1000, 9 * MEBIBYTE]) {
      const bytes = randomBytes(size);
      proxy.setFault(atFirst(2, 'PUT', fault));
      const objectId = await put(bytes);
      proxy.setFault();
      expect((await read(objectId)).equals(bytes)).toBe(true);
    }
  });

  it.each([
    ['500', ({ refuse }: Exchange) => refuse(500, 'InternalError'), 'unavailable', /does not answer as it should/],
    ['503', ({ refuse }: Exchange) => refuse(503, 'SlowDown'), 'unavailable', /too much to do \(SlowDown\)/],
    ['507', ({ refuse }: Exchange) => refuse(507, 'InsufficientStorage'), 'resource-exhausted', /no space left/],
    ['a quota', ({ refuse }: Exchange) => refuse(403, 'QuotaExceeded'), 'resource-exhausted', /no space left/],
    ['403', ({ refuse }: Exchange) => refuse(403, 'AccessDenied'), 'failed-precondition', /refuses the server/],
    ['cuts', ({ request, cut }: Exchange) => void request.once('data', () => cut()), 'unavailable', /does not answer/],
    ['silence', () => {}, 'unavailable', /does not answer as it should \(TimeoutError\)/],
  ])(
    'says what is wrong when it goes on with %s, and lists nothing of what it did not take',
    async (name, fault, code, message) => {
      if (name === 'silence') openAgain(SHORT_IDLE_MS);
      const before = await listed();
      for (const size of [1000, 9 * MEBIBYTE]) {
        proxy.setFault((exchange) => (exchange.request.method === 'PUT' ? fault(exchange) : exchange.pass()));
        const error = await put(randomBytes(size)).then(
          () => expect.fail('it was taken'),
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code });
        expect(String(error)).toMatch(message);
        expect(proxy.seen.length).toBeLessThan(12);
      }
      proxy.setFault();
      expect((await listed()).sort()).toEqual(before.sort());
      const { Uploads = [] } = await gateway
        .client()
        .listMultipartUploads({ Bucket: bucketNameOf('cloister-', scope) });
      expect(Uploads).toEqual([]);
    },
  );

  it('has an object that it finished although its answer was lost, also when it no longer knows the upload', async () => {
    const bytes = randomBytes(9 * MEBIBYTE);
    let finished = 0;
    proxy.setFault(async ({ request, forward, refuse, cut, pass }) => {
      if (request.method !== 'POST' || !request.url?.includes('uploadId=')) return pass();
      finished += 1;
      if (finished > 1) return refuse(404, 'NoSuchUpload');
      await forward();
      cut();
    });
    const objectId = await put(bytes);
    proxy.setFault();
    expect(finished).toBeGreaterThan(1);
    expect((await read(objectId)).equals(bytes)).toBe(true);
  });

  it('goes on reading where a connection was cut', async () => {
    const bytes = randomBytes(3 * MEBIBYTE);
    const objectId = await put(bytes);
    proxy.setFault(atFirst(3, 'GET', (exchange) => cutAnswer(exchange, 500_000)));
    expect((await read(objectId)).equals(bytes)).toBe(true);
    expect(proxy.seen.filter((line) => line.startsWith('GET'))).toHaveLength(4);
  });

  it('says so when it never sends the rest, after true bytes only', async () => {
    const bytes = randomBytes(MEBIBYTE);
    const objectId = await put(bytes);
    let isFirst = true;
    proxy.setFault((exchange) => {
      if (exchange.request.method !== 'GET') return exchange.pass();
      if (!isFirst) return cutAnswer(exchange, 0);
      isFirst = false;
      return cutAnswer(exchange, 300_000);
    });
    const seen: Uint8Array[] = [];
    const reading = async () => {
      for await (const piece of await bucket.get(scope, objectId)) seen.push(piece);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'unavailable' });
    const came = Buffer.concat(seen);
    expect(came.length).toBeGreaterThanOrEqual(300_000);
    expect(came.equals(bytes.subarray(0, came.length))).toBe(true);
  });

  it('is waited for while it is slow but sends', async () => {
    openAgain(SHORT_IDLE_MS);
    const bytes = randomBytes(200_000);
    const objectId = await put(bytes);
    proxy.setFault(async ({ forward, response, request, pass }) => {
      if (request.method !== 'GET') return pass();
      const answer = await forward();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      for await (const piece of answer as AsyncIterable<Buffer>) {
        response.write(piece);
        await new Promise((tell) => setTimeout(tell, SHORT_IDLE_MS / 4));
      }
      response.end();
    });
    expect((await read(objectId)).equals(bytes)).toBe(true);
  });

  it('may know neither versions nor blocks of public access', async () => {
    const [other, one, two] = [{ accountId: newId(), projectId: newId() }, newId(), newId()];
    const unknown = /[?&](versions|publicAccessBlock)/;
    proxy.setFault(({ request, refuse, pass }) =>
      unknown.test(request.url ?? '') ? refuse(501, 'NotImplemented') : pass(),
    );
    await bucket.ensure(other);
    expect(proxy.seen.some((line) => line.includes('publicAccessBlock'))).toBe(true);
    for (const objectId of [one, two]) await bucket.put(other, objectId, pieces(Buffer.from('x')));
    await bucket.delete(other, one);
    const left: string[] = [];
    for await (const { objectId } of bucket.list(other)) left.push(objectId);
    expect(left).toEqual([two]);
    await bucket.remove(other);
    const Bucket = bucketNameOf('cloister-', other);
    await expect(gateway.client().headBucket({ Bucket })).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('may be away and come back', async () => {
    const objectId = await put(Buffer.from('kept'));
    proxy.setFault(({ cut }) => cut());
    await expect(read(objectId)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(bucket.delete(scope, objectId)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(listed()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(bucket.remove(scope)).rejects.toMatchObject({ code: 'unavailable' });
    proxy.setFault();
    expect((await read(objectId)).toString()).toBe('kept');
  });
});
