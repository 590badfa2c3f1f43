import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asset, assetList, deletion } from '../../../contract/app/index.ts';
import type { AssetService } from '../../assets/index.ts';
import { createMemoryAssets } from '../../assets/testing.ts';
import { type Actor, Confidential, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createMemoryKeys } from '../../keys/testing.ts';
import { createMemoryStorage } from '../../storage/testing.ts';
import { createApi } from '../create-api.ts';
import type { ApiServices } from '../services.ts';

const actor: Actor = { accountId: newId(), userId: newId(), via: 'api-key' };
const headers = { authorization: 'Bearer cl_x', host: '127.0.0.1' };

describe('the routes of assets', () => {
  const clock = manualClock();
  let api: Awaited<ReturnType<typeof createApi>>;
  let assets: AssetService;
  const projectId = newId();
  const path = `/api/v1/projects/${projectId}/assets`;

  beforeAll(async () => {
    const storage = createMemoryStorage({ keys: createMemoryKeys().service });
    assets = createMemoryAssets({ authorize: async () => {}, storage, clock, logger: silentLogger });
    const called = { identity: { actorOfApiKey: async () => actor }, assets, clock, logger: silentLogger };
    // The other routes are there, and nobody calls them.
    const services = new Proxy(called, { get: (target, name) => Reflect.get(target, name) ?? {} });
    api = await createApi({
      services: services as unknown as ApiServices,
      address: { host: '127.0.0.1', port: 0 },
      runDirectory: tmpdir(),
      webDirectory: tmpdir(),
      version: '0.0.0',
    });
  });
  afterAll(() => api?.close());

  async function save(name: string, type = 'data-asset'): Promise<string> {
    const content = Confidential.of<Uint8Array>(Buffer.from('a secret'));
    clock.advance(1000);
    return (await assets.create(actor, projectId, { type, name, description: '', content })).id;
  }

  async function search(payload: object) {
    const response = await api.app.inject({ method: 'POST', url: `${path}/search`, headers, payload });
    return assetList.parse(response.json());
  }

  it('change names, descriptions and tags, and show them', async () => {
    const id = await save('Cases');
    const change = { name: 'Cases 2026', description: 'Anonymous', tags: ['tax', ' Tax '] };
    const response = await api.app.inject({ method: 'PATCH', url: `${path}/${id}`, headers, payload: change });
    const changed = asset.parse(response.json());
    expect(changed).toMatchObject({ id, name: 'Cases 2026', description: 'Anonymous', tags: ['tax'] });
    expect(changed).toMatchObject({ createdByUserId: actor.userId, sizeBytes: 8 });
    const got = await api.app.inject({ url: `${path}/${id}`, headers });
    expect(asset.parse(got.json())).toEqual(changed);
    expect((await search({ q: 'ANONYM' })).items).toEqual([changed]);
  });

  it('list by page, type, tag and person, and say how many there are', async () => {
    const [one, two] = [await save('x one', 'prompt-template'), await save('x two')];
    const asked = { q: 'x ', limit: 1, sort: 'name', order: 'descending' };
    const first = await search(asked);
    expect(first).toMatchObject({ items: [{ id: two }], total: { count: 2, isAll: true } });
    const rest = await search({ ...asked, cursor: first.nextCursor });
    expect(rest.items.map(({ id }) => id)).toEqual([one]);
    expect(rest.total).toBeUndefined();
    expect((await search({ type: 'prompt-template' })).items.map(({ id }) => id)).toEqual([one]);
    expect((await search({ creator: newId(), q: '' })).items).toEqual([]);
    expect((await search({ tag: 'none' })).total).toEqual({ count: 0, isAll: true });
    const listed = await api.app.inject({ url: `${path}?type=prompt-template&sort=size&limit=1`, headers });
    expect(assetList.parse(listed.json())).toMatchObject({ items: [{ id: one }], total: { count: 1, isAll: true } });
  });

  it('take no words in their address, and name what does', async () => {
    for (const [query, field] of [
      ['q=heron', 'q'],
      ['tag=heron', 'tag'],
      ['sort=name', 'sort'],
    ] as const) {
      const response = await api.app.inject({ url: `${path}?${query}`, headers });
      const message = expect.stringMatching(/POST .*\/assets\/search/);
      expect(response.json(), query).toMatchObject({ status: 400, fields: [{ field, message }] });
      expect(response.body).not.toContain('heron');
    }
  });

  it('refuse what they do not know, and say which field is wrong', async () => {
    const id = await save('Cases');
    for (const [query, field] of [
      ['sort=content', 'sort'],
      ['limit=0', 'limit'],
      ['cursor=x', 'cursor'],
      ['creator=x', 'creator'],
    ] as const) {
      const response = await api.app.inject({ url: `${path}?${query}`, headers });
      expect(response.json(), query).toMatchObject({ status: 400, fields: [{ field }] });
    }
    for (const change of [{}, { tags: ['a'.repeat(41)] }, { description: 'a'.repeat(1001) }, { content: 'x' }]) {
      const response = await api.app.inject({ method: 'PATCH', url: `${path}/${id}`, headers, payload: change });
      expect(response.statusCode).toBe(400);
    }
  });

  it('give out the content, or a part of it, as a file that nothing keeps or runs', async () => {
    const url = `${path}/${await save('Cases')}/content`;
    const whole = await api.app.inject({ url, headers });
    expect(whole.body).toBe('a secret');
    expect(whole.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment/),
      'content-length': '8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const part = await api.app.inject({ url, headers: { ...headers, range: 'bytes=2-3' } });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, 'se', 'bytes 2-3/8']);
    expect((await api.app.inject({ url, headers: { ...headers, range: 'bytes=8-' } })).statusCode).toBe(416);
    expect((await api.app.inject({ method: 'HEAD', url, headers })).statusCode).toBe(404);
  });

  it('delete with a receipt', async () => {
    const id = await save('Cases');
    const response = await api.app.inject({ method: 'DELETE', url: `${path}/${id}`, headers });
    expect(deletion.parse(response.json()).receipt).not.toBe('');
    expect((await api.app.inject({ url: `${path}/${id}`, headers })).statusCode).toBe(404);
  });
});
