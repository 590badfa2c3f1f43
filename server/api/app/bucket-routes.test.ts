import { randomBytes } from 'node:crypto';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketObject, bucketObjectList, bucketSummary, grantedBucketList } from '../../../contract/app/index.ts';
import type { BucketObjectService } from '../../assets/index.ts';
import { createMemoryAssetsRoom } from '../../assets/testing.ts';
import { type Actor, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createMemoryKeys } from '../../keys/testing.ts';
import { createMemoryProjectsRoom } from '../../projects/testing.ts';
import { createMemoryStorage } from '../../storage/testing.ts';
import { createApi } from '../create-api.ts';
import type { ApiServices } from '../services.ts';

const actor: Actor = { accountId: newId(), userId: newId(), via: 'api-key' };
const headers = { authorization: 'Bearer cl_x', host: '127.0.0.1' };
const octets = { ...headers, 'content-type': 'application/octet-stream' };

describe('the routes of a bucket', () => {
  const clock = manualClock();
  let api: Awaited<ReturnType<typeof createApi>>;
  let bucketObjects: BucketObjectService;
  let url: string;
  let path: string;

  beforeAll(async () => {
    const keys = createMemoryKeys().service;
    const ports = { authorize: async () => {}, clock, storage: createMemoryStorage({ keys }), keys };
    const projects = createMemoryProjectsRoom(ports);
    bucketObjects = createMemoryAssetsRoom({ ...ports, logger: silentLogger }).bucketObjects;
    const called = {
      identity: { actorOfApiKey: async () => actor },
      bucketGrants: projects.bucketGrants,
      bucketObjects,
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
    const project = await projects.service.create(actor, { name: 'Contracts', description: '' });
    path = `/api/v1/projects/${project.id}/bucket/objects`;
    url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => api?.close());

  it('give the one range of bytes that is asked for, and everything where it is not one range', async () => {
    const [objectId, bytes] = [newId(), randomBytes(900_000)];
    await fetch(`${url}${path}/${objectId}`, { method: 'PUT', headers: octets, body: bytes });
    const get = async (more: Record<string, string>) => {
      const response = await fetch(`${url}${path}/${objectId}`, { headers: { ...headers, ...more } });
      return { response, body: Buffer.from(await response.arrayBuffer()) };
    };
    for (const [range, start, end] of [
      ['bytes=0-0', 0, 1],
      ['bytes=70000-199999', 70_000, 200_000],
      ['bytes=899999-', 899_999, 900_000],
      ['bytes=-5', 899_995, 900_000],
      ['bytes=100-99999999', 100, 900_000],
    ] as const) {
      const { response, body } = await get({ range });
      expect([range, response.status]).toEqual([range, 206]);
      expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/900000`);
      expect(response.headers.get('content-length')).toBe(String(end - start));
      expect(body.equals(bytes.subarray(start, end))).toBe(true);
    }
    for (const more of [
      { range: 'bytes=0-1,5-6' },
      { range: 'lines=0-1' },
      { range: 'bytes=5-4' },
      { range: 'bytes=-' },
      { range: 'bytes=0-1', 'if-range': '"x"' },
    ]) {
      const { response, body } = await get(more as Record<string, string>);
      expect(response.status).toBe(200);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect(body.equals(bytes)).toBe(true);
    }
    const beyond = await get({ range: 'bytes=900000-' });
    expect(beyond.response.status).toBe(416);
    expect(JSON.parse(beyond.body.toString())).toMatchObject({
      code: 'invalid-argument',
      reason: 'range-not-satisfiable',
    });
    await fetch(`${url}${path}/${objectId}`, { method: 'DELETE', headers });
  });

  it('take bytes in and give the same bytes out, as a file that nothing keeps or runs', async () => {
    const [objectId, bytes] = [newId(), randomBytes(900_000)];
    const put = await fetch(`${url}${path}/${objectId}`, { method: 'PUT', headers: octets, body: bytes });
    expect(bucketObject.parse(await put.json())).toMatchObject({ objectId, belongsToAsset: false });
    const got = await fetch(`${url}${path}/${objectId}`, { headers });
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${objectId}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const listed = bucketObjectList.parse(await (await fetch(`${url}${path}?limit=1`, { headers })).json());
    expect(listed.items).toMatchObject([{ objectId }]);
    const summary = bucketSummary.parse(
      await (await fetch(`${url}${path.replace(/\/objects$/, '')}`, { headers })).json(),
    );
    const size = listed.items[0]?.sealedSizeBytes;
    expect(summary).toEqual({
      kind: 'memory',
      assets: 0,
      objects: 1,
      sealedBytes: size,
      byType: [{ type: 'object', objects: 1, sealedBytes: size }],
    });
    expect((await fetch(`${url}${path}/${objectId}`, { method: 'DELETE', headers })).status).toBe(200);
    expect((await fetch(`${url}${path}/${objectId}`, { headers })).status).toBe(404);
  });

  it('take an object without a byte, but no other kind of body and none at all', async () => {
    const empty = await fetch(`${url}${path}/${newId()}`, { method: 'PUT', headers: octets, body: Buffer.alloc(0) });
    expect(empty.status).toBe(200);
    const json = { ...headers, 'content-type': 'application/json' };
    for (const refused of [{ headers }, { headers: json, body: '{}' }]) {
      expect((await fetch(`${url}${path}/${newId()}`, { method: 'PUT', ...refused })).status).toBe(400);
    }
  });

  it('open nothing for a HEAD', async () => {
    const { objectId } = await bucketObjects
      .list(actor, path.split('/')[4] ?? '', {})
      .then(({ items }) => items[0] ?? expect.fail('there is no object'));
    expect((await fetch(`${url}${path}/${objectId}`, { method: 'HEAD', headers })).status).toBe(404);
  });

  it('say why they refuse to whoever is still sending', async () => {
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const request = send(`${url}${path}/${newId()}`, { method: 'PUT', headers: octets }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.once('end', () => {
          resolve({ status: response.statusCode, text });
          request.destroy();
        });
      });
      request.on('error', reject);
      // One megabyte is the most that is taken here; the body never ends.
      request.write(Buffer.alloc(600_000));
      request.write(Buffer.alloc(600_000));
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ reason: 'object-too-large', fields: [{ field: 'body' }] });
  });

  it('list the buckets that somebody was granted', async () => {
    const response = await api.app.inject({ url: '/api/v1/buckets', headers });
    expect(grantedBucketList.parse(response.json())).toEqual({ items: [] });
  });
});
