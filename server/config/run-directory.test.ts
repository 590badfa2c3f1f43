import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunDirectory } from './run-directory.ts';

describe('the run directory', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-run-'));
    path = join(folder, 'run');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const modeOf = () => statSync(path).mode & 0o777;

  it('is made for its owner alone, and taken again at the next start', () => {
    openRunDirectory(path);
    expect(modeOf()).toBe(0o700);
    openRunDirectory(path);
    chmodSync(path, 0o711);
    openRunDirectory(path);
    expect(modeOf()).toBe(0o700);
  });

  it.each([0o750, 0o755, 0o733, 0o770, 0o777, 0o1777])(
    'is refused when others have more than the way through it: %o',
    (mode) => {
      mkdirSync(path);
      chmodSync(path, mode);
      expect(() => openRunDirectory(path)).toThrow(/is open to other users\. Remove it, or set XDG_RUNTIME_DIR/);
      expect(statSync(path).mode & 0o7777).toBe(mode);
    },
  );

  it('is refused when it is a link or a file', () => {
    mkdirSync(join(folder, 'other'), { mode: 0o700 });
    symlinkSync(join(folder, 'other'), path);
    expect(() => openRunDirectory(path)).toThrow(/is not a folder/);
    rmSync(path);
    writeFileSync(path, '');
    expect(() => openRunDirectory(path)).toThrow(/is not a folder/);
  });

  it.runIf(process.getuid?.() === 0)('is refused when another user made it', () => {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 12_345, 12_345);
    expect(() => openRunDirectory(path)).toThrow(/belongs to another user/);
  });

  it('says why when it cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openRunDirectory(join(folder, 'file', 'run'))).toThrow(/cannot be made \(EEXIST\)/);
  });
});
