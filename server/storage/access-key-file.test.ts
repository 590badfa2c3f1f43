import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAccessKeyFile } from './access-key-file.ts';

describe('the file with the access key of a storage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-access-key-'));
  const path = join(folder, 'secret');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['JSON', '{ "accessKeyId": "AKIAONE", "secretAccessKey": "wJal/x+Y=" }\n'],
    ['a credentials file', '[default]\naws_access_key_id = AKIAONE\naws_secret_access_key=wJal/x+Y=\n'],
  ])('can be %s', (_, text) => {
    writeFileSync(path, text);
    const { id, secret } = readAccessKeyFile(path);
    expect([id, secret.expose()]).toEqual(['AKIAONE', 'wJal/x+Y=']);
  });

  it.each([
    '',
    'wJalSECRET',
    '{ "accessKeyId": "wJalSECRET" }',
    '{ wJalSECRET',
    '{"accessKeyId":1,"secretAccessKey":2}',
  ])('is refused without telling what is in it: %s', (text) => {
    writeFileSync(path, text);
    expect(() => readAccessKeyFile(path)).toThrow(/lacks the access key id|is none/);
    expect(() => readAccessKeyFile(path)).not.toThrow(/wJal/);
  });

  it('is refused with temporary credentials, which end', () => {
    writeFileSync(path, '{ "AccessKeyId": "ASIAONE", "SecretAccessKey": "wJal", "SessionToken": "wJalTOKEN" }');
    expect(() => readAccessKeyFile(path)).toThrow(/secret-file ".*secret" of a storage has temporary credentials/);
    expect(() => readAccessKeyFile(path)).not.toThrow(/wJal/);
  });

  it('is missed by its name', () => {
    expect(() => readAccessKeyFile(join(folder, 'none'))).toThrow(/secret-file ".*none" .* cannot be read \(ENOENT\)/);
  });
});
