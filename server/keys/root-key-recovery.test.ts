import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId, Secret } from '../core/index.ts';
import { readOrCreateRootKey, readRootKey } from './root-key-file.ts';
import { exportRootKey, importRootKey } from './root-key-recovery.ts';

const at = new Date('2026-11-25T12:00:00Z');

describe('the recovery of a root key', () => {
  let folder: string;
  let path: string;
  let deploymentId: string;
  let identity: string;
  let recipient: string;
  let rootKey: Buffer;
  let exported: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-recovery-'));
    path = join(folder, 'root.key');
    deploymentId = newId();
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
    rootKey = await readOrCreateRootKey(path, async () => true);
    exported = await exportRootKey({ path, passphrase: {}, recipients: [recipient], deploymentId, at });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  type Changes = Partial<Parameters<typeof importRootKey>[0]>;
  const put = (changes: Changes = {}) =>
    importRootKey({
      path,
      passphrase: {},
      content: Buffer.from(exported),
      identities: new Secret(`# made by age-keygen\n${identity}\n`),
      deploymentId,
      force: false,
      at,
      ...changes,
    });

  function age(args: readonly string[], input: string): string {
    writeFileSync(join(folder, 'identity.txt'), `${identity}\n`);
    const { status, stdout, stderr } = spawnSync('age', args, { cwd: folder, input, encoding: 'latin1' });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  it('leaves in a file that the program age opens, and that says what it is', () => {
    expect(exported).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    const content = JSON.parse(age(['--decrypt', '--identity', 'identity.txt'], exported));
    const [, key, checksum] = readFileSync(path, 'utf8').split('\n');
    const { rootKey: opened, ...rest } = content;
    expect(opened).toBe(key);
    const kind = 'cloister-root-key-recovery';
    expect(rest).toEqual({ kind, version: 1, deploymentId, checksum, madeAt: at.toISOString() });
  });

  it('comes back from a file that the program age made, armored or not', async () => {
    const content = age(['--decrypt', '--identity', 'identity.txt'], exported);
    for (const flags of [[], ['--armor']]) {
      rmSync(path);
      const made = age([...flags, '--recipient', recipient], content);
      expect(await put({ content: Buffer.from(made, 'latin1') })).toMatchObject({ deploymentId, isNew: true });
      expect(await readRootKey(path, {})).toEqual(rootKey);
    }
  });

  it('opens for each of several recipients', async () => {
    const other = await generateX25519Identity();
    const recipients = [recipient, await identityToRecipient(other)];
    const content = Buffer.from(await exportRootKey({ path, passphrase: {}, recipients, deploymentId, at }));
    for (const holder of [identity, other]) {
      rmSync(path);
      await put({ content, identities: new Secret(holder) });
      expect(await readRootKey(path, {})).toEqual(rootKey);
    }
  });

  it('puts the key under the passphrase that is set, and takes it from under one', async () => {
    const passphrase = { given: new Secret('correct horse battery staple') };
    rmSync(path);
    await put({ passphrase });
    expect(await readRootKey(path, passphrase)).toEqual(rootKey);
    exported = await exportRootKey({ path, passphrase, recipients: [recipient], deploymentId, at });
    rmSync(path);
    await put();
    expect(await readRootKey(path, {})).toEqual(rootKey);
  });

  it('changes nothing where this very key is there', async () => {
    const before = readFileSync(path, 'utf8');
    expect(await put()).toEqual({ deploymentId, madeAt: at.toISOString(), isNew: false });
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('takes the place of another key, or of a damaged file, only when it is told to, and keeps that one', async () => {
    rmSync(path);
    const other = await readOrCreateRootKey(path, async () => true);
    await expect(put()).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringMatching(/holds another key.*--force/),
    });
    expect(await readRootKey(path, {})).toEqual(other);
    const { before } = await put({ force: true });
    expect(await readRootKey(path, {})).toEqual(rootKey);
    expect(await readRootKey(before ?? '', {})).toEqual(other);
    writeFileSync(path, 'half');
    await expect(put()).rejects.toThrow(/--force/);
    await put({ force: true, at: new Date('2026-11-26T00:00:00Z') });
    expect(await readRootKey(path, {})).toEqual(rootKey);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('says when the file is another deployment’s', async () => {
    rmSync(path);
    await expect(put({ deploymentId: newId() })).rejects.toThrow(`is for the deployment ${deploymentId}`);
    expect(readdirSync(folder)).toEqual([]);
    await put({ deploymentId: newId(), force: true });
    expect(await readRootKey(path, {})).toEqual(rootKey);
  });

  it('opens for nobody else, and not when it is damaged', async () => {
    rmSync(path);
    const refused = {
      code: 'permission-denied',
      message: expect.stringContaining('damaged, or none of these identities'),
    };
    const stranger = new Secret(await generateX25519Identity());
    await expect(put({ identities: stranger })).rejects.toMatchObject(refused);
    await expect(put({ identities: new Secret('# nobody\n') })).rejects.toMatchObject(refused);
    const binary = Buffer.from(armor.decode(exported));
    for (const position of [0, 60, 120, binary.length - 1]) {
      const flipped = Buffer.from(binary);
      flipped.writeUInt8(flipped.readUInt8(position) ^ 1, position);
      await expect(put({ content: flipped })).rejects.toMatchObject(refused);
    }
    await expect(put({ content: Buffer.from(exported.slice(0, -60)) })).rejects.toMatchObject(refused);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses what is no recovery file, and a key that is not the one of its checksum', async () => {
    rmSync(path);
    const content = JSON.parse(age(['--decrypt', '--identity', 'identity.txt'], exported));
    const others = ['not JSON', '{}', { ...content, version: 2 }, { ...content, rootKey: '00'.repeat(32) }];
    for (const other of others) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      const made = await encrypter.encrypt(typeof other === 'string' ? other : JSON.stringify(other));
      await expect(put({ content: made })).rejects.toThrow(/no recovery file of a root key, or it is damaged/);
    }
  });

  it('names a recipient that is none, and never an identity that is none', async () => {
    const recipients = ['age1wrong'];
    await expect(exportRootKey({ path, passphrase: {}, recipients, deploymentId, at })).rejects.toThrow(
      '"age1wrong" is no age recipient',
    );
    const swapped = exportRootKey({ path, passphrase: {}, recipients: [identity], deploymentId, at });
    expect(String(await swapped.catch((error) => error))).not.toContain(identity);
    const secret = `${identity.slice(0, -2)}XX`;
    const refusal = await put({ identities: new Secret(secret) }).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'invalid-argument' });
    expect(`${refusal.message} ${refusal.cause}`).not.toContain(secret);
  });
});
