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
  return readAwsCredentials(path);
}

describe('the file with an access key of AWS', () => {
  it('is JSON, or a profile of AWS’s own file', async () => {
    const expected = { accessKeyId: 'AKIA1', secretAccessKey: 'a/b+c=' };
    expect(await read('{"AccessKeyId": "AKIA1", "SecretAccessKey": "a/b+c="}')).toEqual(expected);
    expect(await read('[default]\r\naws_access_key_id = AKIA1\r\naws_secret_access_key=a/b+c=\r\n')).toEqual(expected);
    expect(await read('{"AccessKeyId": "AKIA1", "SecretAccessKey": "a/b+c=", "SessionToken": "t"}')).toEqual({
      ...expected,
      sessionToken: 't',
    });
  });

  it('is refused without a word of what is in it', async () => {
    const faults: [string, RegExp][] = [
      ['', /lacks/],
      ['{"AccessKeyId": "hunter2"}', /lacks/],
      ['{"hunter2"', /is none/],
      ['aws_access_key_id=hunter2\naws_access_key_id=b\naws_secret_access_key=c', /more than one/],
    ];
    for (const [text, fault] of faults) {
      const error: Error = await read(text).then(
        () => expect.fail('it was read'),
        (caught: Error) => caught,
      );
      expect(error).toMatchObject({ code: 'failed-precondition', message: expect.stringMatching(fault) });
      expect(error.message).not.toContain('hunter2');
    }
    await expect(readAwsCredentials(join(folder, 'absent'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});
