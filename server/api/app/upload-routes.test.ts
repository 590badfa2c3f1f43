import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem, uploadBlock, uploadList } from '../../../contract/app/index.ts';
import type { Assets } from '../../assets/index.ts';
import { createMemoryAssetsRoom } from '../../assets/testing.ts';
import { type Actor, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createMemoryKeys } from '../../keys/testing.ts';
import { createMemoryStorage } from '../../storage/testing.ts';
import { createApi } from '../create-api.ts';
import type { ApiServices } from '../services.ts';

const actor: Actor = { accountId: newId(), userId: newId(), via: 'api-key' };
const headers = { authorization: 'Bearer cl_x', host: '127.0.0.1' };
const tus = { ...headers, 'tus-resumable': '1.0.0' };
const part = { ...tus, 'content-type': 'application/offset+octet-stream' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the routes of resumable uploads', () => {
  const projectId = newId();
  let api: Awaited<ReturnType<typeof createApi>>;
  let assets: Assets;
  let url: string;
  let origin: string;

  beforeAll(async () => {
    const clock = manualClock();
    const storage = createMemoryStorage({ keys: createMemoryKeys().service });
    assets = createMemoryAssetsRoom({
      authorize: async () => {},
      clock,
      storage,
      logger: silentLogger,
      maxUploadMegabytes: 6,
    });
    const called = {
      identity: { actorOfApiKey: async () => actor },
      uploads: assets.uploads,
      clock,
      logger: silentLogger,
    };
    // The other routes are there, and nobody calls them.
    const services = new Proxy(called, { get: (target, name) => Reflect.get(target, name) ?? {} });
    api = await createApi({
      services: services as unknown as ApiServices,
      address: { host: '127.0.0.1', port: 0 },
      runDirectory: tmpdir(),
      webDirectory: tmpdir(),
      version: '0.0.0',
    });
    origin = await api.app.listen({ host: '127.0.0.1', port: 0 });
    url = `${origin}/api/v1/projects/${projectId}/uploads`;
  });
  afterAll(() => api?.close());

  async function begin(length: number | string, metadata = `name ${base64('a.csv')}`): Promise<Response> {
    const more = { 'upload-length': String(length), 'upload-metadata': metadata };
    return fetch(url, { method: 'POST', headers: { ...tus, ...more } });
  }

  async function contentOf(assetId: string): Promise<Buffer> {
    const { opened } = await assets.service.openStream(actor, projectId, assetId);
    const pieces: Uint8Array[] = [];
    for await (const piece of opened.content.reveal('write-response')) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  it('serve the client that browsers and other programs use, in parts and with everything that it says of the file', async () => {
    const bytes = randomBytes(5_000_000);
    const uploadUrl = await new Promise<string>((resolve, reject) => {
      const upload = new Upload(bytes, {
        endpoint: url,
        headers: { authorization: 'Bearer cl_x' },
        metadata: { filename: 'records, one.jsonl', filetype: 'text/plain', tags: '["a","b"]', description: 'Größe' },
        chunkSize: 1_000_000,
        onSuccess: () => resolve(upload.url ?? ''),
        onError: reject,
      });
      upload.start();
    });
    const id = uploadUrl.split('/').at(-1) ?? '';
    expect(await assets.service.get(actor, projectId, id)).toMatchObject({
      type: 'data-asset',
      name: 'records, one.jsonl',
      description: 'Größe',
      tags: ['a', 'b'],
      mediaType: 'text/plain',
      sizeBytes: 5_000_000,
    });
    expect((await contentOf(id)).equals(bytes)).toBe(true);
  });

  it('say how far an upload is, in the list too, and go on from there', async () => {
    const begun = await begin(10);
    expect(begun.status).toBe(201);
    const { headers: told } = begun;
    expect([told.get('tus-resumable'), told.get('tus-max-size')]).toEqual(['1.0.0', '6000000']);
    expect(Date.parse(told.get('upload-expires') ?? '')).toBeGreaterThan(0);
    const upload = `${origin}${told.get('location')}`;
    const first = await fetch(upload, { method: 'PATCH', headers: { ...part, 'upload-offset': '0' }, body: '0123' });
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '4']);
    const head = await fetch(upload, { method: 'HEAD', headers: tus });
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'upload-offset': '4',
      'upload-length': '10',
      'cache-control': 'no-store',
      'tus-resumable': '1.0.0',
    });
    const listed = uploadList.parse(await (await fetch(url, { headers })).json());
    expect(listed.items).toMatchObject([{ name: 'a.csv', lengthBytes: 10, offsetBytes: 4 }]);
    const block = await fetch(`${upload}/blocks/0`, { headers });
    const sha256 = createHash('sha256').update('0123').digest('hex');
    expect(uploadBlock.parse(await block.json())).toEqual({ sizeBytes: 4, sha256 });
    for (const [number, status] of [
      ['1', 416],
      ['-1', 400],
      ['x', 400],
    ] as const) {
      expect((await fetch(`${upload}/blocks/${number}`, { headers })).status).toBe(status);
    }
    const wrong = await fetch(upload, { method: 'PATCH', headers: { ...part, 'upload-offset': '0' }, body: '0123' });
    expect([wrong.status, problem.parse(await wrong.json()).reason]).toEqual([409, 'upload-offset']);
    const last = await fetch(upload, { method: 'PATCH', headers: { ...part, 'upload-offset': '4' }, body: '456789' });
    expect([last.status, last.headers.get('upload-offset')]).toEqual([204, '10']);
    expect((await contentOf(listed.items[0]?.id ?? '')).toString()).toBe('0123456789');
    expect(uploadList.parse(await (await fetch(url, { headers })).json()).items).toEqual([]);
  });

  it('give an upload up', async () => {
    const upload = `${origin}${(await begin(10)).headers.get('location')}`;
    expect((await fetch(upload, { method: 'DELETE', headers: tus })).status).toBe(204);
    expect((await fetch(upload, { method: 'HEAD', headers: tus })).status).toBe(404);
    expect((await fetch(upload, { method: 'DELETE', headers: tus })).status).toBe(404);
  });

  it('refuse what is not tus 1.0.0, in words of their own', async () => {
    const other = await fetch(url, { method: 'POST', headers: { ...headers, 'tus-resumable': '0.2.2' } });
    expect([other.status, other.headers.get('tus-version')]).toEqual([412, '1.0.0']);
    expect(problem.parse(await other.json())).toMatchObject({ status: 412, reason: 'upload-protocol-version' });
    for (const length of ['', '-1', '1.5', 'ten', '1e3']) {
      expect((await begin(length)).status).toBe(400);
    }
    expect((await begin(6_000_001)).status).toBe(413);
    for (const metadata of ['', 'name', 'name !!!', 'name YQ== b', `name ${base64('a')},tags ${base64('[1]')}`]) {
      expect([metadata, (await begin(1, metadata)).status]).toEqual([metadata, 400]);
    }
    const upload = `${origin}${(await begin(10)).headers.get('location')}`;
    const offset = { 'upload-offset': '0' };
    const json = await fetch(upload, {
      method: 'PATCH',
      headers: { ...tus, ...offset, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(json.status).toBe(400);
    expect((await fetch(upload, { method: 'PATCH', headers: { ...tus, ...offset } })).status).toBe(400);
    expect((await fetch(upload, { method: 'PATCH', headers: part, body: 'x' })).status).toBe(400);
    const more = await fetch(upload, { method: 'PATCH', headers: { ...part, ...offset }, body: '0123456789a' });
    expect(more.status).toBe(400);
    const head = await fetch(upload, { method: 'HEAD', headers: tus });
    expect(head.headers.get('upload-offset')).toBe('0');
    expect((await fetch(upload, { method: 'DELETE', headers: tus })).status).toBe(204);
  });
});
