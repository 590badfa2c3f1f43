import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processSurroundings, runDirectoryOf } from './run-directory.ts';

describe('the run directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const surroundings = { userId: 7, runtimeDirectory: undefined, temporaryDirectory: '/short' };

  it('is named after the user and the data directory, below the runtime folder if there is one', () => {
    expect(runDirectoryOf(folder, surroundings)).toMatch(/^\/short\/cloister-7-[0-9a-f]{12}$/);
    expect(runDirectoryOf(folder, { ...surroundings, runtimeDirectory: '/run/user/7' })).toMatch(
      /^\/run\/user\/7\/cloister-7-/,
    );
  });

  it('differs between data directories', () => {
    expect(runDirectoryOf(join(folder, 'a'), surroundings)).not.toBe(runDirectoryOf(join(folder, 'b'), surroundings));
  });

  it('stays the same when the data directory is made, written relative, or reached through a link', () => {
    const data = join(folder, 'real', 'data');
    const before = runDirectoryOf(data, surroundings);
    mkdirSync(data, { recursive: true });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(runDirectoryOf(data, surroundings)).toBe(before);
    expect(runDirectoryOf(relative(process.cwd(), data), surroundings)).toBe(before);
    expect(runDirectoryOf(join(folder, 'link', 'data'), surroundings)).toBe(before);
  });

  it('moves to /tmp when the base is too long for a unix socket', () => {
    const long = { ...surroundings, temporaryDirectory: `/${'x'.repeat(90)}` };
    expect(runDirectoryOf(folder, long)).toMatch(/^\/tmp\/cloister-7-/);
  });

  it('passes over a runtime folder that does not exist', () => {
    expect(processSurroundings({ XDG_RUNTIME_DIR: join(folder, 'none') }).runtimeDirectory).toBeUndefined();
    expect(processSurroundings({ XDG_RUNTIME_DIR: folder }).runtimeDirectory).toBe(folder);
  });
});
