import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAwsCredentials } from './aws-credentials-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-aws-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  return readAwsCredentials(path, 'a test');
}

describe('the file with an access key of AWS', () => {
  it('is JSON, or a profile of AWS’s own file', () => {
    const expected = { accessKeyId: 'AKIA1', secretAccessKey: 'a/b+c=' };
    expect(read('{"AccessKeyId": "AKIA1", "SecretAccessKey": "a/b+c="}')).toEqual(expected);
    expect(read('[default]\r\naws_access_key_id = AKIA1\r\naws_secret_access_key=a/b+c=\r\n')).toEqual(expected);
    expect(read('{"AccessKeyId": "AKIA1", "SecretAccessKey": "a/b+c=", "SessionToken": "t"}')).toEqual({
      ...expected,
      sessionToken: 't',
    });
  });

  it('is taken from [default] where there are several profiles', () => {
    const profile = (name: string) => `[${name}]\naws_access_key_id = of-${name}\naws_secret_access_key = s\n`;
    expect(read(profile('other') + profile('default')).accessKeyId).toBe('of-default');
    expect(read(profile('other')).accessKeyId).toBe('of-other');
  });

  it('is refused without a word of what is in it', () => {
    const faults: [string, RegExp][] = [
      ['', /lacks/],
      ['{"AccessKeyId": "hunter2"}', /lacks/],
      ['{"hunter2"', /is none/],
      ['aws_access_key_id=hunter2\naws_access_key_id=b\naws_secret_access_key=c', /more than one/],
      ['[one]\naws_access_key_id=hunter2\n[two]\naws_access_key_id=b\n', /several profiles, and none of them is/],
    ];
    for (const [text, fault] of faults) {
      expect(() => read(text)).toThrow(fault);
      expect(() => read(text)).not.toThrow(/hunter2/);
    }
    expect(() => readAwsCredentials(join(folder, 'absent'), 'a test')).toThrow(/cannot be read \(ENOENT\)/);
  });
});
