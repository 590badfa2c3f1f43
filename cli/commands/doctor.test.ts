import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkMode } from './doctor.ts';

describe('what cloister doctor says of the data directory', () => {
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'cloister-doctor-'));
    mkdirSync(join(path, 'postgres'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  const verdictOf = (mode: number) => {
    chmodSync(path, mode);
    return checkMode(path).verdict;
  };

  it('is a fault when others can open or cross it', () => {
    expect([0o700, 0o711, 0o750, 0o755].map(verdictOf)).toEqual(['ok', 'fault', 'fault', 'fault']);
  });

  it.runIf(process.getuid?.() === 0)("is none when PostgreSQL's own account has to cross it", () => {
    chownSync(join(path, 'postgres'), 12_345, 12_345);
    expect([0o700, 0o711, 0o755].map(verdictOf)).toEqual(['ok', 'ok', 'fault']);
  });
});
