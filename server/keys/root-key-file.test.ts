import { argon2Sync, createDecipheriv, createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { kmsProviderConformance } from './kms-provider.conformance.ts';
import { openLocalKmsProvider } from './local-kms-provider.ts';
import { findRootKey, readOrCreateRootKey, readRootKey, writeRootKey } from './root-key-file.ts';
import { changeRootKeyPassphrase, isRootKeyUnderPassphrase } from './root-key-recovery.ts';

const PASSPHRASE = new Secret('correct horse battery staple');
const OTHER = new Secret('correct horse battery stable');
const rootKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

/** Written before; what it holds must open for ever. */
const WRITTEN_BEFORE = `cloister-root-key 2
argon2id memory=65536 iterations=3 lanes=1 salt=5aaddbfa597def64aacb35353ec414fa
0100000001ce5a01c0487ef7c270f48614f77a9b0b175071962fd3bff2448cf4b0b1e02955f50eff2d5684e6a1fdc25dbf3fab1c95fc67afb2bbd796353647509d
2a61db3cbf6754b1b282514870f3686a29380b7b8fbbc3999e1577ea662eb75a
`;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-root-key-'));
  path = join(folder, 'root.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function place(content: string | Buffer): void {
  writeFileSync(path, content, { mode: 0o600 });
}

function withChecksum(covered: string): string {
  return `${covered}${createHash('sha256').update(covered).digest('hex')}\n`;
}

kmsProviderConformance('local, under a passphrase,', async () => {
  const place = join(mkdtempSync(join(tmpdir(), 'cloister-root-key-')), 'root.key');
  const provider = await openLocalKmsProvider({
    path: place,
    mayCreate: async () => true,
    passphrase: { given: PASSPHRASE },
  });
  rmSync(dirname(place), { recursive: true });
  return provider;
});

describe('the root key under a passphrase', () => {
  it('is made under the one that was given, for its owner alone', async () => {
    const made = await readOrCreateRootKey(path, async () => true, { given: PASSPHRASE });
    expect(readFileSync(path, 'utf8')).not.toContain(made.toString('hex'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readRootKey(path, { given: PASSPHRASE })).toEqual(made);
    expect(await isRootKeyUnderPassphrase(path)).toBe(true);
  });

  it('opens from a file that was written before (the format never changes)', async () => {
    place(WRITTEN_BEFORE);
    expect(await readRootKey(path, { given: PASSPHRASE })).toEqual(rootKey);
  });

  it('is AES-256-GCM under argon2id, as another implementation has it', () => {
    const [, derivation = '', wrapped = ''] = WRITTEN_BEFORE.split('\n');
    const salt = Buffer.from(/salt=(\w+)/.exec(derivation)?.[1] ?? '', 'hex');
    const key = argon2Sync('argon2id', {
      message: PASSPHRASE.expose(),
      nonce: salt,
      memory: 65_536,
      passes: 3,
      parallelism: 1,
      tagLength: 32,
    });
    const bytes = Buffer.from(wrapped, 'hex');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(5, 17));
    const context = [
      ['derivation', derivation],
      ['purpose', 'root-key-file'],
    ];
    decipher.setAAD(Buffer.concat([bytes.subarray(0, 5), Buffer.from(JSON.stringify(context))]));
    decipher.setAuthTag(bytes.subarray(-16));
    expect(Buffer.concat([decipher.update(bytes.subarray(17, -16)), decipher.final()])).toEqual(rootKey);
  });

  it('is asked for where it is needed, and only there', async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return PASSPHRASE;
    };
    await readOrCreateRootKey(path, async () => true, { ask });
    expect(asked).toBe(0);
    place(WRITTEN_BEFORE);
    await readRootKey(path, { given: PASSPHRASE, ask });
    expect(asked).toBe(0);
    expect(await readRootKey(path, { ask })).toEqual(rootKey);
    expect(asked).toBe(1);
  });

  it('says what to do when it is not there, or another one', async () => {
    place(WRITTEN_BEFORE);
    const noPassphrase = { code: 'failed-precondition', message: expect.stringContaining('KMS_PASSPHRASE_FILE') };
    await expect(readRootKey(path, {})).rejects.toMatchObject(noPassphrase);
    await expect(readRootKey(path, { ask: async () => undefined })).rejects.toMatchObject(noPassphrase);
    await expect(readRootKey(path, { given: OTHER })).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('does not open the root key file'),
    });
  });

  it('is not taken for there where the file is in clear', async () => {
    await readOrCreateRootKey(path, async () => true);
    await expect(readRootKey(path, { given: PASSPHRASE })).rejects.toThrow(
      /is under no passphrase, although CLOISTER_KMS_PASSPHRASE_FILE is set.*set-passphrase/,
    );
  });

  it('is the same from every keyboard', async () => {
    await writeRootKey(path, rootKey, { passphrase: new Secret('Z\u00fcrich am See 2026') });
    expect(await readRootKey(path, { given: new Secret('Zu\u0308rich am See 2026') })).toEqual(rootKey);
  });

  it('must have 12 characters', async () => {
    const short = { passphrase: new Secret('11 characte') };
    await expect(writeRootKey(path, rootKey, short)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not open a file of which any byte is another one, or missing, or too many', async () => {
    const whole = Buffer.from(WRITTEN_BEFORE);
    const damages = [Buffer.concat([whole, Buffer.from('\n')])];
    for (let position = 0; position < whole.length; position += 1) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(position) ^ 1, position);
      damages.push(flipped, whole.subarray(0, position));
    }
    for (const damage of damages) {
      place(damage);
      await expect(readRootKey(path, { given: PASSPHRASE })).rejects.toThrow(/is damaged/);
    }
  });

  it('does not open with a cheaper derivation put in, or with another wrapped key, also under a checksum made anew', async () => {
    const covered = WRITTEN_BEFORE.slice(0, -65);
    const changes = [
      covered.replace('memory=65536', 'memory=19456'),
      covered.replace('iterations=3', 'iterations=1'),
      covered.replace('salt=5a', 'salt=5b'),
      covered.replace('0100000001ce', '0100000001cf'),
    ];
    for (const change of changes) {
      place(withChecksum(change));
      await expect(readRootKey(path, { given: PASSPHRASE })).rejects.toMatchObject({ code: 'permission-denied' });
    }
  });
});

describe('a change of the passphrase', () => {
  it('leaves the key as it is, and nothing of the file from before', async () => {
    const made = await readOrCreateRootKey(path, async () => true);
    await changeRootKeyPassphrase({ path, current: {}, next: PASSPHRASE });
    expect(await readRootKey(path, { given: PASSPHRASE })).toEqual(made);
    await changeRootKeyPassphrase({ path, current: { given: PASSPHRASE }, next: OTHER });
    await expect(readRootKey(path, { given: PASSPHRASE })).rejects.toMatchObject({ code: 'permission-denied' });
    expect(await readRootKey(path, { given: OTHER })).toEqual(made);
    await changeRootKeyPassphrase({ path, current: { given: OTHER }, next: undefined });
    expect(await readRootKey(path, {})).toEqual(made);
    expect(readdirSync(folder)).toEqual(['root.key']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('takes the passphrase that is to be for no fault where the key is still in clear', async () => {
    const made = await readOrCreateRootKey(path, async () => true);
    await changeRootKeyPassphrase({ path, current: { given: PASSPHRASE }, next: PASSPHRASE });
    expect(await readRootKey(path, { given: PASSPHRASE })).toEqual(made);
  });

  it('needs the right one, and a file', async () => {
    const change = (given: Secret) => changeRootKeyPassphrase({ path, current: { given }, next: OTHER });
    await expect(change(PASSPHRASE)).rejects.toThrow(/is missing/);
    place(WRITTEN_BEFORE);
    await expect(change(OTHER)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(readFileSync(path, 'utf8')).toBe(WRITTEN_BEFORE);
  });

  it('leaves a whole file at every moment', async () => {
    place(WRITTEN_BEFORE);
    let isDone = false;
    const changes = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await changeRootKeyPassphrase({ path, current: { given: PASSPHRASE }, next: undefined });
        await changeRootKeyPassphrase({ path, current: {}, next: PASSPHRASE });
      }
      isDone = true;
    })();
    let reads = 0;
    while (!isDone) {
      expect(await isRootKeyUnderPassphrase(path)).toBeTypeOf('boolean');
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await changes;
    expect(reads).toBeGreaterThan(10);
    expect(await findRootKey(path, { given: PASSPHRASE })).toEqual(rootKey);
  });
});
