import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogDestination } from './log-destination.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps every line that came before its end', async () => {
  const log = await createLogDestination('file', folder);
  for (const line of ['one\n', 'two\n']) log.write(line);
  await log.close();
  expect(readFileSync(join(folder, 'logs', 'server.1.jsonl'), 'utf8')).toBe('one\ntwo\n');
});

it('refuses a file that it cannot write, and says what to do', async () => {
  mkdirSync(join(folder, 'logs', 'server.1.jsonl'), { recursive: true });
  await expect(createLogDestination('file', folder)).rejects.toMatchObject({
    code: 'failed-precondition',
    message: `The log in "${join(folder, 'logs')}" cannot be written (EISDIR). Give this user write access to its files.`,
  });
});
