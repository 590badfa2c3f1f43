/** The life of a project's own key, on two real servers over one database: root key files, a hardware module (SoftHSM) and a real Vault. */
import { createHash, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DestroyedKey, KeyRewrap, KeyStatus } from '../../contract/app/index.ts';
import { silentLogger, systemClock } from '../../server/core/index.ts';
import { createEgress } from '../../server/egress/index.ts';
import { createKeys, type KeyService, kmsDestinations } from '../../server/keys/index.ts';
import { createSoftHsmToken, type SoftHsmToken } from '../../server/keys/testing.ts';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';
import { type Replicas, startReplicas } from '../support/replicas.ts';
import { startVault, type VaultServer } from '../support/vault.ts';

const CACHE_SECONDS = 2;
const ACCOUNT = 'Main account';

let vault: VaultServer;
let token: SoftHsmToken;
let replicas: Replicas;
let folder: string;
let providers: { id: string; displayName: string; url: string }[];
let one: string;
let other: string;
let ada: Caller;
let projectId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-own-keys-'));
  vault = await startVault();
  for (const name of ['cloister', 'contracts', 'hospital']) await vault.makeKey(name);
  token = createSoftHsmToken();
  // Also for this process, which opens the token itself.
  Object.assign(process.env, token.environment);
  const secretFile = vault.writeFile('token', await vault.newToken());
  providers = [
    { id: 'clinic', displayName: 'Root key of the clinic', url: `local:${join(folder, 'clinic.key')}` },
    { id: 'clinic-module', displayName: 'Module of the clinic', url: token.url('clinic') },
    { id: 'clinic-vault', displayName: 'Vault of the clinic', url: vault.kmsUrl('cloister', secretFile) },
  ];
  const file = join(folder, 'providers.json');
  writeFileSync(file, JSON.stringify(providers));
  replicas = await startReplicas({
    settings: { ...token.environment, CLOISTER_KEY_PROVIDERS: file, CLOISTER_KEY_CACHE_SECONDS: String(CACHE_SECONDS) },
  });
  [one, other] = [replicas.one.url, replicas.other.url];
  ada = await signInAs(one, ADMINISTRATOR.email, ADMINISTRATOR.password);
});
afterAll(async () => {
  await replicas?.close();
  await vault?.remove();
  token?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  projectId = await newProject('Contracts');
});

async function newProject(name: string): Promise<string> {
  return (await must<{ id: string }>(one, ada, 'POST', '/api/v1/projects', { name })).id;
}

const inProject = (path: string) => `/api/v1/projects/${projectId}/${path}`;
const object = (url: string, method: string, id: string, body?: string) =>
  send(url, ada, method, inProject(`bucket/objects/${id}`), body, OCTETS);
const OCTETS = { 'content-type': 'application/octet-stream' };

async function save(url: string, text: string): Promise<string> {
  const id = randomUUID();
  const { status, text: answer } = await object(url, 'PUT', id, text);
  if (status !== 200 && status !== 201 && status !== 204) throw new Error(`not saved: ${status} ${answer}`);
  return id;
}

const key = <T = KeyStatus>(method: string, action = '', body?: object) =>
  must<T>(one, ada, method, `${inProject('key')}${action}`, body);
const ofAccount = <T = KeyStatus>(method: string, action = '', body?: object) =>
  must<T>(one, ada, method, `/api/v1/account/key${action}`, body);

/** Each sealed file of the project by its digest: what a rewrap must not touch. */
function sealedFiles(): Record<string, string> {
  const root = join(replicas.bucketFolder);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes(projectId) && statSync(join(root, path)).isFile())
    .sort();
  const digestOf = (path: string) =>
    createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
  return Object.fromEntries(files.map((path) => [path, digestOf(path)]));
}

/** Saves and opens on both servers until the work is done. @returns how often */
async function whileSavingAndOpening(work: () => Promise<void>): Promise<number> {
  let isOver = false;
  let rounds = 0;
  const faults: string[] = [];
  const use = async (saver: string, reader: string) => {
    while (!isOver) {
      const text = randomUUID();
      const saved = await save(saver, text);
      const { status, text: opened } = await object(reader, 'GET', saved);
      if (status !== 200 || opened !== text) faults.push(`${status} ${opened}`);
      rounds += 1;
    }
  };
  const users = [use(one, other), use(other, one)];
  try {
    await work();
  } finally {
    isOver = true;
    await Promise.all(users);
  }
  expect(faults).toEqual([]);
  return rounds;
}

/** Asks until the answer is another one; the time that it may take is a setting, not what is tested. */
async function until(status: number, ask: () => Promise<{ status: number; text: string }>): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const reply = await ask();
    if (reply.status === status || attempt === 100) {
      expect(reply.status).toBe(status);
      return reply.text;
    }
    await wait(100);
  }
}

describe('a project with a key of its own', () => {
  it('moves between providers and rotates, while saves and openings go on and no sealed byte changes', async () => {
    const kept = await save(one, 'saved under the standard key');
    const before = sealedFiles();
    expect(Object.keys(before)).not.toEqual([]);
    const rounds = await whileSavingAndOpening(async () => {
      const moved = await key<KeyRewrap>('PUT', '', { providerId: 'clinic' });
      expect(moved).toMatchObject({ kind: 'local', boundAt: 'project', rewrapped: 1, remaining: 0 });
      for (const bound of [{ providerId: 'clinic-module' }, { providerId: 'clinic-vault', keyId: 'contracts' }]) {
        const status = await key<KeyRewrap>('PUT', '', bound);
        expect(status).toMatchObject({ ...bound, provider: { state: 'enabled', keyVersion: 1 }, remaining: 0 });
        for (const keyVersion of [2, 3]) {
          const rotated = await key<KeyRewrap>('POST', '/rotate');
          const projectKeys = { total: 1, underThisKey: 1 };
          expect(rotated).toMatchObject({ provider: { keyVersion }, projectKeys, rewrapped: 1, remaining: 0 });
        }
      }
      await key('DELETE');
      await key('PUT', '', { providerId: 'clinic-vault', keyId: 'contracts' });
    });
    expect(rounds).toBeGreaterThan(3);
    expect(sealedFiles()).toMatchObject(before);
    // On both servers, and with no key that was in memory before.
    await wait(CACHE_SECONDS * 1000);
    for (const url of [one, other]) expect((await object(url, 'GET', kept)).text).toBe('saved under the standard key');
    const [row] = await replicas.database.ownerQuery('select wrapping_key_id from project_keys where project_id = $1', [
      projectId,
    ]);
    expect(row).toEqual({ wrapping_key_id: 'clinic-vault:contracts' });
  });

  it('opens nothing once it is disabled, on the other server within the cache’s time, and everything once it is enabled', async () => {
    const kept = await save(one, 'kept');
    expect((await object(other, 'GET', kept)).status).toBe(200);
    await key('POST', '/disable');
    const refused = await object(one, 'GET', kept);
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'failed-precondition', reason: 'key-disabled' });
    for (const url of [one, other]) {
      const { status, text } = await object(url, 'PUT', randomUUID(), 'one more');
      expect([status, JSON.parse(text).reason]).toEqual([409, 'key-disabled']);
    }
    const text = await until(409, () => object(other, 'GET', kept));
    expect(JSON.parse(text).detail).toContain('Nothing is lost');
    await key('POST', '/enable');
    for (const url of [one, other]) expect((await object(url, 'GET', kept)).text).toBe('kept');
    await save(other, 'one more');
  });

  it('opens nothing once its key is disabled in Vault, and says so in words of its own', async () => {
    const kept = await save(one, 'kept');
    await key('PUT', '', { providerId: 'clinic-vault', keyId: 'contracts' });
    expect((await object(other, 'GET', kept)).status).toBe(200);
    const deny = 'path "transit/*" { capabilities = ["deny"] }';
    const allow = (await vault.ask('GET', 'sys/policies/acl/cloister')).body.data?.policy;
    try {
      await vault.ask('PUT', 'sys/policies/acl/cloister', { policy: deny });
      for (const url of [one, other]) await until(403, () => object(url, 'GET', kept));
      expect(await key('GET')).toMatchObject({ state: 'enabled', provider: { state: 'unavailable' } });
    } finally {
      await vault.ask('PUT', 'sys/policies/acl/cloister', { policy: allow });
    }
    for (const url of [one, other]) expect((await object(url, 'GET', kept)).text).toBe('kept');
  });

  it('refuses a key that does not work before anything depends on it', async () => {
    const kept = await save(one, 'kept');
    for (const body of [{ providerId: 'clinic-vault', keyId: 'none' }, { providerId: 'none' }, { providerId: '' }]) {
      const { status } = await send(one, ada, 'PUT', inProject('key'), body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect(await key('GET')).toMatchObject({ providerId: 'local', boundAt: 'deployment' });
    expect((await object(other, 'GET', kept)).status).toBe(200);
  });

  it('is gone for good once it is destroyed: a copy from before opens with nothing that is left', async () => {
    const kept = await save(one, 'gone for good');
    await key('PUT', '', { providerId: 'clinic-vault', keyId: 'contracts' });
    const { accountId, objects, copy } = await copyOfEverything();
    await withEveryWrappingKey(async (keys) => {
      // As long as it is not destroyed, this way of opening works.
      for (const row of objects) (await openObjectKey(keys, accountId, row))[Symbol.dispose]();
    });
    const { status } = await send(one, ada, 'POST', `${inProject('key')}/destroy`, { confirmation: 'contracts' });
    expect(status).toBe(400);
    expect((await object(one, 'GET', kept)).status).toBe(200);

    const destroyed = await key<DestroyedKey>('POST', '/destroy', { confirmation: 'Contracts' });
    expect(destroyed).toMatchObject({ projects: 1, sealedObjects: objects.length, receipt: expect.any(String) });
    expect(sealedFiles()).toEqual({});
    for (const url of [one, other]) {
      await until(404, () => object(url, 'GET', kept));
      const { status, text } = await object(url, 'PUT', randomUUID(), 'one more');
      expect([status, JSON.parse(text).reason]).toEqual([409, 'key-destroyed']);
    }
    // Somebody who kept the bytes puts them back, and starts over.
    cpSync(copy, replicas.bucketFolder, { recursive: true });
    await key('POST', '/enable');
    await withEveryWrappingKey(async (keys) => {
      for (const row of objects)
        await expect(openObjectKey(keys, accountId, row)).rejects.toMatchObject({ code: 'failed-precondition' });
    });
    expect((await object(one, 'GET', kept)).status).toBe(404);
    const fresh = await save(one, 'saved under a new key');
    expect((await object(other, 'GET', fresh)).text).toBe('saved under a new key');
  });
});

describe('a key that is destroyed in the middle of saves', () => {
  it('refuses those that come too late in words of its own, and leaves nothing of any of them', async () => {
    let isOver = false;
    const statuses = new Set<number>();
    const saved: string[] = [];
    const saveAlways = async (url: string) => {
      while (!isOver) {
        const id = randomUUID();
        const { status, text } = await object(url, 'PUT', id, 'one of many');
        // Its bucket went while it was being written: it is told to try again, and then that the key was destroyed.
        if (status !== 503 || !/storage/.test(JSON.parse(text).detail)) statuses.add(status);
        if (status < 300) saved.push(id);
      }
    };
    const savers = [one, other, one, other].map(saveAlways);
    while (saved.length < 20) await wait(10);
    await key<DestroyedKey>('POST', '/destroy', { confirmation: 'Contracts' });
    const atDestruction = saved.length;
    while (!statuses.has(409)) await wait(10);
    isOver = true;
    await Promise.all(savers);
    expect([...statuses].filter((status) => status >= 300 && status !== 404 && status !== 409)).toEqual([]);
    // One that was acknowledged while the answer to the destruction was on its way was saved before it.
    expect(saved.length - atDestruction).toBeLessThanOrEqual(savers.length);
    for (const id of saved) expect((await object(one, 'GET', id)).status).toBe(404);
    expect(sealedFiles()).toEqual({});
    const rows =
      'select id from project_keys where project_id = $1 union all select id from objects where project_id = $1';
    expect(await replicas.database.ownerQuery(rows, [projectId])).toEqual([]);
  });
});

describe('an account with a key of its own', () => {
  it('wraps the keys of its projects that have none by it, and disables all of them', async () => {
    const apart = projectId;
    await key('PUT', '', { providerId: 'clinic' });
    const inApart = await save(one, 'apart');
    projectId = await newProject('Follows the account');
    const inSibling = await save(one, 'follows');
    const bound = await ofAccount<KeyRewrap>('PUT', '', { providerId: 'clinic-vault', keyId: 'hospital' });
    expect(bound).toMatchObject({ boundAt: 'account', remaining: 0 });
    expect(await key('GET')).toMatchObject({ boundAt: 'account', keyId: 'hospital', accountState: 'enabled' });

    await ofAccount('POST', '/disable');
    for (const [project, id] of [
      [apart, inApart],
      [projectId, inSibling],
    ] as const) {
      const path = `/api/v1/projects/${project}/bucket/objects/${id}`;
      for (const url of [one, other]) await until(409, () => send(url, ada, 'GET', path));
    }
    expect(await key('GET')).toMatchObject({ state: 'enabled', accountState: 'disabled' });
    await ofAccount('POST', '/enable');
    expect((await object(other, 'GET', inSibling)).text).toBe('follows');
    expect(await ofAccount<KeyRewrap>('DELETE')).toMatchObject({ boundAt: 'deployment', remaining: 0 });
    expect((await object(other, 'GET', inSibling)).text).toBe('follows');
  });

  it('is operated from the command line', async () => {
    const cloister = async (...args: string[]) => {
      const { code, stdout, stderr } = await replicas.one.cloister('keys', ...args);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const kept = await save(one, 'kept');
    const ofProject = ['--project', projectId];
    expect(await cloister('providers')).toMatch(/^clinic-vault +vault +Vault of the clinic/m);
    expect(await cloister('bind', 'clinic', ...ofProject)).toContain('Wrapped anew: 1');
    expect(await cloister('rotate', ...ofProject)).toContain('Wrapped anew: 1');
    expect(await cloister('disable', ...ofProject)).toMatch(/^State +disabled$/m);
    expect((await object(one, 'GET', kept)).status).toBe(409);
    expect(await cloister('enable', ...ofProject)).toMatch(/^State +enabled$/m);
    expect(await cloister('unbind', ...ofProject)).toMatch(/^Decided by +the deployment$/m);
    expect(await cloister('status')).toMatch(/^Decided by +the deployment$/m);
    expect((await object(one, 'GET', kept)).text).toBe('kept');
    const wrong = await replicas.one.cloister('keys', 'destroy', ...ofProject, '--confirm', 'Other');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('must be the name of the project')]);
    const destroyed = await cloister('destroy', ...ofProject, '--confirm', 'Contracts');
    expect(destroyed).toContain('Destroyed the keys of 1 project; 1 sealed object is gone for good.');
    expect((await object(one, 'GET', kept)).status).toBe(404);
  });

  // Last: it takes everything of the account.
  it('takes all of its projects with it once it is destroyed, also those whose Admin is somebody else', async () => {
    const kept = await save(one, 'kept');
    const { accountId, objects } = await copyOfEverything();
    await ofAccount('POST', '/destroy', { confirmation: ACCOUNT });
    const rows = await replicas.database.ownerQuery(
      'select id from project_keys where account_id = $1 union all select id from objects where account_id = $1',
      [accountId],
    );
    expect(rows).toEqual([]);
    expect(sealedFiles()).toEqual({});
    for (const url of [one, other]) await until(404, () => object(url, 'GET', kept));
    await withEveryWrappingKey(async (keys) => {
      for (const row of objects)
        await expect(openObjectKey(keys, accountId, row)).rejects.toMatchObject({ code: 'failed-precondition' });
    });
    await ofAccount('POST', '/enable');
    const fresh = await save(other, 'saved under a new key');
    expect((await object(one, 'GET', fresh)).text).toBe('saved under a new key');
  });
});

type ObjectRow = { stored_as: string; purpose: string; project_key_id: string; wrapped_key: Buffer };

/** What somebody may have kept from before: the buckets, and the rows of the project's objects with their wrapped keys. */
async function copyOfEverything(): Promise<{ accountId: string; objects: ObjectRow[]; copy: string }> {
  const copy = join(folder, `copy-${projectId}`);
  cpSync(replicas.bucketFolder, copy, { recursive: true });
  const objects = await replicas.database.ownerQuery<ObjectRow>(
    'select stored_as, purpose, project_key_id, wrapped_key from objects where project_id = $1',
    [projectId],
  );
  expect(objects).not.toEqual([]);
  const [project] = await replicas.database.ownerQuery<{ account_id: string }>(
    'select account_id from projects where id = $1',
    [projectId],
  );
  return { accountId: project?.account_id ?? '', objects, copy };
}

function openObjectKey(keys: KeyService, accountId: string, row: ObjectRow) {
  const scope = { accountId, projectId, objectId: row.stored_as, purpose: row.purpose };
  return keys.openObjectKey(scope, { projectKeyId: row.project_key_id, wrapped: row.wrapped_key });
}

/** The database as it is now, and every wrapping key that there is. */
async function withEveryWrappingKey(work: (keys: KeyService) => Promise<void>): Promise<void> {
  const config = { url: replicas.kmsUrl, providers };
  const allow = providers.flatMap(({ url }) => kmsDestinations(url));
  const egress = createEgress({ allow, logger: silentLogger });
  const { database } = replicas;
  const keys = await createKeys({ config, database, egress, clock: systemClock, logger: silentLogger });
  try {
    await work(keys.service);
  } finally {
    await keys.close();
    await egress.close();
  }
}
