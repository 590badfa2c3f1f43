import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogFields, silentLogger, systemClock } from '../core/index.ts';
import { createEgress } from '../egress/index.ts';
import { keysConfig } from './config.ts';
import { describeKmsProviders } from './describe-kms-providers.ts';
import type { KmsProviders } from './kms-providers.ts';
import { openKmsProviders } from './open-kms-providers.ts';

let folder: string;
let opened: KmsProviders[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-key-providers-'));
  opened = [];
});
afterEach(async () => {
  for (const providers of opened) await providers.close();
  rmSync(folder, { recursive: true });
});

/** Whose keys' use was asked for. */
const asked: string[] = [];
const logged: { message: string; fields: LogFields | undefined }[] = [];
const log = (message: string, fields?: LogFields) => void logged.push({ message, fields });

async function open(
  url: string,
  others: readonly { id: string; url: string; accounts?: string[] }[] = [],
  inUse = false,
) {
  const config = keysConfig.parse({
    url,
    providers: others.map((other) => ({ displayName: `Provider ${other.id}`, ...other })),
  });
  const egress = createEgress({ allow: [], logger: silentLogger });
  const providers = await openKmsProviders({
    url: config.url,
    others: config.providers,
    mayCreate: {
      standard: async () => true,
      async other(id) {
        asked.push(id);
        return !inUse;
      },
    },
    network: { egress, clock: systemClock, logger: { info: log, warn: log, error: log } },
  });
  opened.push(providers);
  return providers;
}

const ACCOUNT = '018f0000-0000-7000-8000-000000000001';
const OTHER_ACCOUNT = '018f0000-0000-7000-8000-000000000002';
const context = { account: ACCOUNT };

describe('the key providers of a deployment', () => {
  it('are the standard one, under the name of its kind, and those beside it', async () => {
    const providers = await open(`local:${join(folder, 'one.key')}`, [
      { id: 'second', url: `local:${join(folder, 'two.key')}`, accounts: [ACCOUNT] },
    ]);
    expect(providers.standard).toMatchObject({ id: 'local', kind: 'local', displayName: 'Root key file' });
    expect(providers.find('second')).toMatchObject({ kind: 'local', displayName: 'Provider second' });
    expect(providers.listFor(ACCOUNT).map(({ id }) => id)).toEqual(['local', 'second']);
    expect(providers.listFor(OTHER_ACCOUNT).map(({ id }) => id)).toEqual(['local']);
    expect(providers.find('third')).toBeUndefined();
  });

  it('share no key', async () => {
    const providers = await open(`local:${join(folder, 'one.key')}`, [
      { id: 'second', url: `local:${join(folder, 'two.key')}` },
    ]);
    const wrapped = await providers.standard.provider.wrap('k', Buffer.from('secret'), context);
    await expect(providers.find('second')?.provider.unwrap('k', wrapped, context)).rejects.toThrow(/cannot be opened/);
  });

  it('start without one beside the standard one, and open it once it is there', async () => {
    const path = join(folder, 'two.key');
    const providers = await open(`local:${join(folder, 'one.key')}`, [{ id: 'second', url: `local:${path}` }], true);
    expect(logged.at(-1)).toMatchObject({
      message: 'a key provider cannot be opened',
      fields: { providerId: 'second' },
    });
    const second = providers.find('second')?.provider;
    await expect(second?.describe('k')).rejects.toThrow(/is missing/);
    expect(await describeKmsProviders(providers)).toEqual([
      { id: 'local', displayName: 'Root key file', kind: 'local', state: 'enabled' },
      {
        id: 'second',
        displayName: 'Provider second',
        kind: 'local',
        state: 'unavailable',
        problem: expect.stringContaining('is missing'),
      },
    ]);
    writeFileSync(path, readFileSync(join(folder, 'one.key')), { mode: 0o600 });
    expect(await second?.describe('k')).toMatchObject({ state: 'enabled' });
    await providers.close();
    await expect(second?.describe('k')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('are asked whether they are in use only where a root key file is missing', async () => {
    const others = [{ id: 'second', url: `local:${join(folder, 'two.key')}` }];
    asked.length = 0;
    await (await open(`local:${join(folder, 'one.key')}`, others)).close();
    expect(asked).toEqual(['second']);
    await open(`local:${join(folder, 'one.key')}`, others);
    expect(asked).toEqual(['second']);
  });

  it('do not start without the standard one, and say which setting it is', async () => {
    writeFileSync(join(folder, 'token'), 'a-token', { mode: 0o600 });
    const vault = `vault:https://vault.example/transit/key?secret-file=${join(folder, 'token')}`;
    await expect(open(vault)).rejects.toThrow(/^CLOISTER_KMS: .*vault\.example/);
    await expect(open(vault.replace('/key?', '/?'))).rejects.toThrow(/name the default key/);
  });

  it('have ids of their own', () => {
    const faultsOf = (providers: readonly { id: string; url: string }[]) => {
      const given = providers.map((provider) => ({ ...provider, displayName: 'A' }));
      return keysConfig.safeParse({ url: 'local:/k', providers: given }).error?.issues.map(({ message }) => message);
    };
    const url = 'local:/other';
    expect(
      faultsOf([
        { id: 'a', url },
        { id: 'a', url },
      ]),
    ).toEqual(['"a" is the id of another provider too']);
    expect(faultsOf([{ id: 'local', url }])).toEqual([expect.stringContaining('the standard provider')]);
    expect(faultsOf([{ id: 'vault', url }])).toEqual(['"vault" can only be the id of a vault: provider']);
    expect(faultsOf([{ id: 'A/b', url }])).toEqual([expect.stringContaining('small letters')]);
  });
});
