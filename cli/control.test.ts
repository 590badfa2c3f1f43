import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runDirectoryOf } from '../contract/run-directory.ts';
import { createControl } from './control.ts';

describe("the administrator's client", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-control-'));
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it.runIf(process.getuid?.() === 0)('sends nothing into a folder of another user, for root either', async () => {
    const data = join(folder, 'data');
    const run = runDirectoryOf(data);
    mkdirSync(run);
    await expect(createControl(data).run('GET', '/deployment')).rejects.toThrow(/No server runs/);
    chownSync(run, 12_345, 12_345);
    await expect(createControl(data).run('GET', '/deployment')).rejects.toThrow(/belongs to another user/);
  });
});
