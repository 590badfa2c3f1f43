import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDeployment, openDataDirectory } from './data-directory.ts';

describe('the data directory', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-data-'));
    path = join(folder, 'data');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made for its owner alone and keeps its identity', () => {
    const first = openDataDirectory(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(first.isNew).toBe(true);
    first.release();
    const second = openDataDirectory(path);
    expect(second).toMatchObject({ deploymentId: first.deploymentId, isNew: false });
    second.release();
  });

  it('is known to commands while a server has it, and nothing is made of a folder that is none', () => {
    expect(() => findDeployment(path)).toThrow(/There is no Cloister deployment in ".*--data/);
    expect(existsSync(path)).toBe(false);
    const { deploymentId, release } = openDataDirectory(path);
    expect(findDeployment(path)).toEqual({ path, deploymentId });
    release();
  });

  it('lets only one server in', () => {
    const first = openDataDirectory(path);
    expect(() => openDataDirectory(path)).toThrow(/Another server \(process \d+\) already uses/);
    first.release();
    openDataDirectory(path).release();
  });

  it('is free again at once after its server was killed', async () => {
    const program = `import { openDataDirectory } from ${JSON.stringify(join(import.meta.dirname, 'data-directory.ts'))}; openDataDirectory(${JSON.stringify(path)}); console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(path, 'server.lock'))).toBe(true);
    openDataDirectory(path).release();
  });

  it('is free again when a lock names a process id that another program has now', () => {
    openDataDirectory(path).release();
    writeFileSync(join(path, 'server.lock'), JSON.stringify({ processId: process.ppid, started: 'another boot/1' }));
    openDataDirectory(path).release();
  });

  it('lets one server in at a time, however many find the lock of one that died', async () => {
    openDataDirectory(path).release();
    const held = join(folder, 'held');
    // Each takes the directory when it can, looks whether somebody else has it too, and leaves a lock behind as if it had been killed.
    const program = `
      import { renameSync, rmSync, writeFileSync } from 'node:fs';
      import { openDataDirectory } from ${JSON.stringify(join(import.meta.dirname, 'data-directory.ts'))};
      const [path, held] = ${JSON.stringify([path, held])};
      const draft = held + process.pid;
      let taken = 0;
      for (let round = 0; round < 200; round += 1) {
        try {
          openDataDirectory(path);
        } catch (error) {
          if (/Other|Another/.test(error.message)) continue;
          throw error;
        }
        writeFileSync(held, '', { flag: 'wx' });
        taken += 1;
        writeFileSync(draft, JSON.stringify({ processId: process.pid, started: 'another boot/' + round }));
        rmSync(held);
        renameSync(draft, path + '/server.lock');
      }
      console.log(taken);`;
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const [taken, fault] = await Promise.all([text(child.stdout), text(child.stderr)]);
        return { taken: Number(taken), fault };
      }),
    );
    expect(outcomes.map(({ fault }) => fault)).toEqual(outcomes.map(() => ''));
    expect(outcomes.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(100);
    openDataDirectory(path).release();
    expect(readdirSync(path).filter((name) => name.startsWith('server.lock'))).toEqual([]);
  });

  it("is refused, and left as it was, when it is somebody's folder", () => {
    mkdirSync(path);
    chmodSync(path, 0o755);
    writeFileSync(join(path, 'letter.txt'), 'dear');
    expect(() => openDataDirectory(path)).toThrow(/holds other things/);
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  it('says what to do when it cannot be made', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    expect(() => openDataDirectory(join(file, 'data'))).toThrow(/cannot be used \(ENOTDIR\).*CLOISTER_DATA/s);
  });
});
