import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, silentLogger, systemClock } from '../../server/core/index.ts';
import { createEgress } from '../../server/egress/index.ts';
import { newTestCertificate } from '../../server/egress/testing.ts';
import { kmsDestinations } from '../../server/keys/index.ts';
import type { KmsProvider } from '../../server/keys/kms-provider.ts';
import { kmsProviderConformance } from '../../server/keys/testing.ts';
import { openVaultKmsProvider } from '../../server/keys/vault-kms-provider.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { CLOISTER_POLICY, startVault, type VaultServer } from '../support/vault.ts';

let vault: VaultServer;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  vault = await startVault();
  for (const name of ['one', 'two']) await vault.makeKey(name);
  for (const name of ['derived-one', 'derived-two']) await vault.makeKey(name, { derived: true });
});
afterAll(async () => {
  for (const close of closers) await close();
  await vault?.remove();
});

const UNKNOWN_ROLE_ID = 'c1b8a1f4-6d0e-4b6f-9d9a-2a5f4f3a7f10';

/** @param secret what is in the file of the secret, or the path of one */
async function open(secret: string, options: { url?: string; clock?: Clock } = {}): Promise<KmsProvider> {
  const file = secret.startsWith('/') ? secret : vault.writeFile(`secret-${closers.length}`, secret);
  const url = options.url ?? vault.kmsUrl('one', file);
  const egress = createEgress({ allow: kmsDestinations(url), logger: silentLogger });
  const provider = await openVaultKmsProvider(url, {
    egress,
    clock: options.clock ?? systemClock,
    logger: silentLogger,
  });
  closers.push(async () => {
    await provider.close();
    await egress.close();
  });
  return provider;
}

for (const [kind, ids] of [
  ['Vault Transit', ['one', 'two']],
  ['Vault Transit with derived keys', ['derived-one', 'derived-two']],
] as const) {
  kmsProviderConformance(
    `${kind} (Vault’s own core and HTTP handler)`,
    async () => open(await vault.newToken()),
    () => ids,
  );
}

describe('Vault Transit (Vault’s own core and HTTP handler)', () => {
  const context = { account: 'a', project: 'p' };
  const secret = Buffer.from('a key of thirty-two bytes, a key');

  it('rotates a key: the new version wraps, the old one still unwraps', async () => {
    await vault.makeKey('rotated');
    const provider = await open(await vault.newToken());
    const before = await provider.wrap('rotated', secret, context);
    expect(await provider.describe('rotated')).toEqual({ state: 'enabled', keyVersion: 1 });
    expect(await provider.newVersion?.('rotated')).toEqual({ state: 'enabled', keyVersion: 2 });
    const after = await provider.wrap('rotated', secret, context);
    expect([before, after].map((wrapped) => Buffer.from(wrapped).readUInt32BE(1))).toEqual([1, 2]);
    for (const wrapped of [before, after]) {
      expect(Buffer.from(await provider.unwrap('rotated', wrapped, context))).toEqual(secret);
    }
    await vault.ask('POST', 'transit/keys/rotated/config', { min_decryption_version: 2 });
    await expect(provider.unwrap('rotated', before, context)).rejects.toMatchObject({
      details: { reason: 'sealed-data-not-readable' },
    });
  });

  it('makes no key that is not there, even where its policy lets it', async () => {
    const provider = await open(vault.rootToken);
    for (const name of ['absent', '../one', 'one/../two', '']) {
      await expect(provider.describe(name)).rejects.toMatchObject({ code: 'not-found' });
      await expect(provider.newVersion?.(name)).rejects.toMatchObject({ code: 'not-found' });
      await expect(provider.wrap(name, secret, context)).rejects.toMatchObject({ code: 'failed-precondition' });
    }
    expect((await vault.ask('GET', 'transit/keys/absent')).status).toBe(404);
    const wrapped = await provider.wrap('one', secret, context);
    await expect(provider.unwrap('absent', wrapped, context)).rejects.toThrow(/There is no key "absent" in Vault/);
  });

  it('refuses keys that would not keep wrapped keys apart', async () => {
    await vault.makeKey('signing', { type: 'rsa-2048' });
    await vault.makeKey('convergent', { derived: true, convergent_encryption: true });
    const provider = await open(await vault.newToken());
    await expect(provider.wrap('signing', secret, context)).rejects.toThrow(/has the type rsa-2048/);
    await expect(provider.wrap('convergent', secret, context)).rejects.toThrow(/convergently/);
  });

  it('wraps nothing by a server that passes over the context', async () => {
    const proxy = await startFaultyProxy(`https://${vault.host}`, vault.certificate);
    proxy.setFault(async ({ request, response }) => {
      const { context: _context, associated_data: _data, ...rest } = JSON.parse((await text(request)) || '{}');
      const path = (request.url ?? '').replace('/v1/', '');
      const answer = await vault.ask(request.method ?? '', path, request.method === 'GET' ? undefined : rest);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
    const token = vault.writeFile('token-of-old', vault.rootToken);
    const provider = await open('', { url: vault.kmsUrl('one', token, proxy.endpoint) });
    await expect(provider.wrap('one', secret, context)).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringContaining('does not authenticate associated data'),
    });
    await proxy.stop();
  });

  it('says which right its policy lacks', async () => {
    const wrapped = await (await open(vault.rootToken)).wrap('one', secret, context);
    const provider = await open(
      await vault.newToken({ policy: CLOISTER_POLICY.replaceAll(/.*(decrypt|rotate).*\n/g, '') }),
    );
    await provider.wrap('two', secret, context).catch(() => {});
    await expect(provider.unwrap('one', wrapped, context)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('"update" on "transit/decrypt/one"'),
    });
    await expect(provider.newVersion?.('one')).rejects.toThrow(/"update" on "transit\/keys\/one\/rotate"/);
    await vault.newToken();
  });

  it('trusts the authority of its URL, and no other', async () => {
    const other = vault.writeFile('other.pem', newTestCertificate().certificate);
    const token = vault.writeFile('token-of-trust', await vault.newToken());
    for (const ca of [`&ca=${other}`, '']) {
      const provider = await open('', { url: vault.kmsUrl('one', token).replace(/&ca=.*/, ca) });
      await expect(provider.describe('one')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('certificate is not trusted'),
      });
    }
  });

  it('signs in with an AppRole, anew before its token ends, and when Vault does not know it any more', async () => {
    await vault.newToken();
    await vault.ask('POST', 'auth/approle/role/cloister', { token_policies: 'cloister', token_ttl: '90s' });
    const role = await vault.ask('GET', 'auth/approle/role/cloister/role-id');
    const made = await vault.ask('POST', 'auth/approle/role/cloister/secret-id', {});
    const appRole = { role_id: role.body.data?.role_id, secret_id: made.body.data?.secret_id };
    let nowMs = 0;
    const provider = await open(JSON.stringify(appRole), {
      clock: { now: () => new Date(), monotonicMs: () => nowMs },
    });
    const tokens = async () => {
      const { body } = await vault.ask('LIST', 'auth/token/accessors');
      return ((body.data?.keys ?? []) as string[]).length;
    };
    const atFirst = await tokens();
    await provider.describe('one');
    await provider.describe('one');
    expect(await tokens()).toBe(atFirst + 1);
    nowMs = 61_000;
    await provider.describe('one');
    expect(await tokens()).toBe(atFirst + 2);
    await vault.ask('POST', 'auth/token/revoke-accessor', { accessor: await accessorOfNewest() });
    expect(await provider.describe('one')).toMatchObject({ state: 'enabled' });
    const refused = await open(JSON.stringify({ ...appRole, role_id: UNKNOWN_ROLE_ID }));
    const error: Error = await refused.describe('one').then(
      () => expect.fail('it signed in'),
      (caught: Error) => caught,
    );
    expect(error).toMatchObject({ code: 'permission-denied', message: expect.stringContaining('refuses the AppRole') });
    expect(error.message).not.toContain(UNKNOWN_ROLE_ID);
  });

  it('takes up a new token from the file, and tells of one that Vault does not know', async () => {
    const file = vault.writeFile('token', await vault.newToken());
    const provider = await open(file);
    await provider.describe('one');
    await vault.ask('POST', 'auth/token/revoke-accessor', { accessor: await accessorOfNewest() });
    await expect(provider.describe('one')).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('does not know the token'),
    });
    writeFileSync(file, `${await vault.newToken()}\n`);
    expect(await provider.describe('one')).toMatchObject({ state: 'enabled' });
    for (const [content, fault] of [
      ['', /holds no token/],
      ['{', /neither a token nor JSON/],
      ['{}', /lacks role_id/],
    ] as const) {
      await expect((await open(vault.writeFile('bad', content))).describe('one')).rejects.toThrow(fault);
    }
    await expect((await open('/nowhere/token')).describe('one')).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });

  it('renews a token that lasts for a while only', async () => {
    const { body } = await vault.ask('POST', 'auth/token/create', {
      policies: ['cloister'],
      period: '2s',
      no_parent: true,
    });
    const provider = await open(String(body.auth?.client_token));
    await provider.describe('one');
    await new Promise((resolved) => setTimeout(resolved, 5_000));
    expect(await provider.describe('one')).toMatchObject({ state: 'enabled' });
  });

  /** Vault lists accessors in no order; the newest token is the one with the latest issue time. */
  async function accessorOfNewest(): Promise<unknown> {
    const { body } = await vault.ask('LIST', 'auth/token/accessors');
    const found = await Promise.all(
      ((body.data?.keys ?? []) as string[]).map(async (accessor) => {
        const { data } = (await vault.ask('POST', 'auth/token/lookup-accessor', { accessor })).body;
        return { accessor, issued: String(data?.issue_time), policies: data?.policies as string[] };
      }),
    );
    const ours = found.filter(({ policies }) => policies?.includes('cloister'));
    return ours.sort((one, other) => one.issued.localeCompare(other.issued)).at(-1)?.accessor;
  }
});
