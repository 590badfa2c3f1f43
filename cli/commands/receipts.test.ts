import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Control } from '../control.ts';
import { addReceiptCommands, showDeletion } from './receipts.ts';

const P = 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const said = {
  kind: 'cloister-deletion-receipt',
  version: 1,
  receiptId: P,
  accountId: P,
  projectId: P,
  what: { type: 'asset', id: P },
  deletedAt: '2026-05-01T12:00:00.000Z',
  by: { userId: P },
  sealedObjects: 1,
  sealedSizeBytes: 10,
  sealedSha256: 'ab'.repeat(32),
  sealed: [{ objectId: P, sealedSizeBytes: 10, sha256: 'ab'.repeat(32) }],
  keyDestroyed: true,
};

async function newSigner(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] };
  const sign = (payload: object) =>
    new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
  return { keys, sign };
}

describe('the commands for deletion receipts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-receipts-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fileOf = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  function newOutput() {
    const printed: { value: unknown; text: string }[] = [];
    const result = (value: unknown, text: string) => void printed.push({ value, text });
    return { printed, output: { json: false, result, progress: () => {}, progressInPlace: () => {} } };
  }

  async function verify(...args: string[]): Promise<string> {
    const { printed, output } = newOutput();
    const asked: unknown[] = [];
    const control = {
      async call(schema, method, path, body) {
        asked.push(`${method} ${path}`, body);
        return schema.parse({ receipt: said });
      },
    } satisfies Pick<Control, 'call'>;
    const program = new Command('cloister').exitOverride();
    addReceiptCommands(program, { control: () => control as Control, output: () => output });
    await program.parseAsync(['receipt', 'verify', ...args], { from: 'user' });
    return printed[0]?.text ?? '';
  }

  it('ask the server, or check by keys alone', async () => {
    const { keys, sign } = await newSigner('one');
    const receipt = fileOf('receipt.jws', `${await sign(said)}\n`);
    for (const args of [[receipt], [receipt, '--keys', fileOf('keys.json', JSON.stringify(keys))]])
      expect(await verify(...args)).toContain(`asset ${P} was deleted at ${said.deletedAt}`);
  });

  it('refuse what another key signed, what was changed, and what is no receipt', async () => {
    const [one, other] = [await newSigner('one'), await newSigner('one')];
    const keys = fileOf('keys.json', JSON.stringify(one.keys));
    const [head, , signature] = (await one.sign(said)).split('.');
    const otherPayload = Buffer.from(JSON.stringify({ ...said, sealedObjects: 0 })).toString('base64url');
    const changed = [head, otherPayload, signature];
    for (const receipt of [await other.sign(said), changed.join('.'), 'none', ''])
      await expect(verify(fileOf('receipt.jws', receipt), '--keys', keys)).rejects.toThrow('None of these keys');
    const statement = await one.sign({ type: 'head', account: P });
    await expect(verify(fileOf('receipt.jws', statement), '--keys', keys)).rejects.toThrow('no deletion receipt');
    await expect(verify(fileOf('r', 'r'), '--keys', fileOf('k', '{"keys":1}'))).rejects.toThrow('JSON Web Key Set');
    await expect(verify(join(folder, 'absent'))).rejects.toThrow('cannot be read (ENOENT)');
  });

  it('put a receipt into a new file, and never lose it', () => {
    const { printed, output } = newOutput();
    const file = join(folder, 'new.jws');
    showDeletion(output, P, { receipt: 'a.b.c' }, { words: 'Deleted.', file });
    expect(readFileSync(file, 'utf8')).toBe('a.b.c\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    showDeletion(output, P, { receipt: 'a.b.c' }, { words: 'Deleted.', file: undefined });
    expect(printed.map(({ text }) => text)).toEqual([
      `Deleted. The receipt is in ${file}.`,
      'Deleted. The receipt:\na.b.c',
    ]);
    expect(() => showDeletion(output, P, { receipt: 'd.e.f' }, { words: 'Deleted.', file })).toThrow('d.e.f');
    expect(readFileSync(file, 'utf8')).toBe('a.b.c\n');
  });
});
