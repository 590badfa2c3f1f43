import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../core/index.ts';
import { createEgress } from '../egress/index.ts';
import { kmsProviderConformance } from './kms-provider.conformance.ts';
import type { KmsProvider } from './kms-provider.ts';
import { openLocalKmsProvider } from './local-kms-provider.ts';
import { createMemoryKmsProvider } from './memory-kms-provider.ts';
import { openKmsProvider } from './open-kms-provider.ts';

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-keys-'));
  folders.push(folder);
  return folder;
}

async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

const egress = createEgress({ allow: [], logger: silentLogger });
const network = { egress, clock: systemClock, logger: silentLogger };

kmsProviderConformance('memory', async () => createMemoryKmsProvider());
kmsProviderConformance('local', async () => {
  const path = join(await newFolder(), 'private', 'root.key');
  return openKmsProvider({ url: `local:${path}`, mayCreate: async () => true, network });
});

describe('the local root key file', () => {
  let path: string;
  const context = { account: 'a' };

  beforeEach(async () => {
    path = join(await newFolder(), 'private', 'cloister', 'root.key');
  });
  afterEach(removeFolders);

  async function opened<T>(work: (provider: KmsProvider) => Promise<T>, mayCreate = false): Promise<T> {
    const provider = await openLocalKmsProvider({ path, mayCreate: async () => mayCreate });
    try {
      return await work(provider);
    } finally {
      await provider.close();
    }
  }

  it('is made once, for its owner alone, and opens later what it wrapped', async () => {
    const wrapped = await opened((provider) => provider.wrap('k', Buffer.from('secret'), context), true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect((await stat(dirname(dirname(path)))).mode & 0o777).toBe(0o700);
    const file = await readFile(path, 'utf8');
    expect(Buffer.from(await opened((provider) => provider.unwrap('k', wrapped, context), true)).toString()).toBe(
      'secret',
    );
    expect(await readFile(path, 'utf8')).toBe(file);
  });

  it('is one key even when two servers make it at once', async () => {
    const [one, two] = await Promise.all([
      openLocalKmsProvider({ path, mayCreate: async () => true }),
      openLocalKmsProvider({ path, mayCreate: async () => true }),
    ]);
    const wrapped = await one.wrap('k', Buffer.from('secret'), context);
    expect(Buffer.from(await two.unwrap('k', wrapped, context)).toString()).toBe('secret');
  });

  it('is never made anew when something may be sealed with a lost one', async () => {
    await expect(openLocalKmsProvider({ path, mayCreate: async () => false })).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringContaining('is missing'),
    });
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  for (const mode of [0o640, 0o604, 0o620, 0o602]) {
    it(`is refused with mode ${mode.toString(8)}`, async () => {
      await opened((provider) => provider.describe('k'), true);
      await chmod(path, mode);
      await expect(openLocalKmsProvider({ path, mayCreate: async () => true })).rejects.toThrow(
        /others than its owner.*chmod 600/,
      );
    });
  }

  it('is refused when it is a link', async () => {
    await opened((provider) => provider.describe('k'), true);
    const link = join(dirname(path), 'link.key');
    await symlink(path, link);
    await expect(openLocalKmsProvider({ path: link, mayCreate: async () => true })).rejects.toThrow(
      /cannot be used \(ELOOP\)/,
    );
  });

  it('is refused when any byte of it is another one, or missing, or too many', async () => {
    await opened((provider) => provider.describe('k'), true);
    const whole = await readFile(path);
    const damages: Buffer[] = [Buffer.alloc(0), Buffer.concat([whole, Buffer.from('\n')]), Buffer.alloc(5000, 'a')];
    for (let position = 0; position < whole.length; position += 1) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(position) ^ 1, position);
      damages.push(flipped, whole.subarray(0, position));
    }
    for (const damage of damages) {
      await writeFile(path, damage);
      await expect(openLocalKmsProvider({ path, mayCreate: async () => true })).rejects.toThrow(/is damaged/);
    }
    expect(await readFile(path)).toEqual(damages.at(-1));
  });

  it('says what is wrong when its place cannot be used', async () => {
    const file = join(await newFolder(), 'a-file');
    await writeFile(file, '');
    await expect(openLocalKmsProvider({ path: join(file, 'root.key'), mayCreate: async () => true })).rejects.toThrow(
      /cannot be used \(ENOTDIR\).*CLOISTER_KMS/s,
    );
  });

  it('is no kind that there is not', async () => {
    await expect(openKmsProvider({ url: 'other:x', mayCreate: async () => true, network })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});
