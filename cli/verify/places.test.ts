import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isGone, openFiles } from './places.ts';

/** The descriptor by which the folder of descriptors is read is closed again before it is looked at. */
function unlessGone(_: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

it.each([['/dev/shm'], [tmpdir()]])('an open file below %s is among the files to search', (base) => {
  const folder = mkdtempSync(join(base, 'cloister-places-'));
  const path = join(folder, 'open');
  const file = openSync(path, 'w');
  try {
    const found = openFiles(process.pid, unlessGone).map(({ target }) => target);
    expect(found).toContain(path);
    expect(found.filter((target) => /^\/(?:dev\/(?!shm\/)|proc\/|sys\/)/.test(target))).toEqual([]);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
});
