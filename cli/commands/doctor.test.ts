import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkKeyProvider, checkMode, checkStorages } from './doctor.ts';

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

describe('what cloister doctor says of the storage', () => {
  it.each([
    [[{ kind: 'filesystem' }], 'ok', 'folders of this machine'],
    [[{ kind: 's3', credentials: 'of-bucket' as const }], 'ok', 'each bucket has a user of its own'],
    [
      [{ kind: 's3', credentials: 'of-instance' as const }],
      'warning',
      'one access key opens all buckets of the storage',
    ],
    [
      [{ kind: 'filesystem' }, { kind: 's3', credentials: 'of-instance' as const, accountId: 'a' }],
      'warning',
      'one access key opens all buckets of 1 of 2 storages',
    ],
  ])('tells of %j', (storages, verdict, detail) => {
    expect(checkStorages({ storages })).toMatchObject({ verdict, detail: expect.stringContaining(detail) });
  });
});

describe('what cloister doctor says of a key provider', () => {
  const provider = { id: 'vault', displayName: 'Vault', kind: 'vault' };

  it('is a fault when the first one cannot be used, and a warning for the others', () => {
    const problem = 'Vault at vault.example is sealed.';
    const away = { ...provider, state: 'unavailable' as const, problem };
    expect(checkKeyProvider(away, 0)).toEqual({
      check: 'key provider vault',
      verdict: 'fault',
      detail: `Vault (vault): its key is unavailable. ${problem}`,
    });
    expect(checkKeyProvider(away, 1)).toMatchObject({ verdict: 'warning' });
    for (const state of ['enabled', 'not asked'] as const) {
      expect(checkKeyProvider({ ...provider, state }, 1)).toMatchObject({ verdict: 'ok', detail: 'Vault (vault)' });
    }
  });
});
