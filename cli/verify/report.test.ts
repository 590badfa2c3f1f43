import { describe, expect, it } from 'vitest';
import { createLedger } from './canary.ts';
import { conclude, type Evidence } from './report.ts';

const OUTPUT = 'these are more than eight words without any sign between them';

function evidence(changes: Partial<Evidence> = {}, output = OUTPUT): Evidence {
  const ledger = createLedger();
  ledger.add('a request');
  ledger.addOutput('an answer', output);
  return {
    canaries: ledger.canaries,
    sent: [],
    search: { findings: [], files: 3, bytes: 4096, seconds: 1, unreadable: [] },
    leaks: [],
    access: [{ check: 'refused', ok: true }],
    templates: [{ check: 'opens', ok: true }],
    files: [{ check: 'opens', ok: true }],
    ownKey: [{ check: 'is refused', ok: true }],
    otherAccounts: [{ check: 'finds nothing', ok: true }],
    transitOk: true,
    url: 'http://127.0.0.1:8080',
    searchable: { database: true, logs: true, storage: true },
    incomplete: [],
    ...changes,
  };
}

const verdicts = (of: Evidence) =>
  Object.fromEntries(
    conclude(of)
      .rows.filter(({ verdict }) => verdict !== 'not covered yet')
      .map(({ item, verdict }) => [item, verdict]),
  );

const DATA_ASSET = 'Data asset';
const RESTS_ON_FILES = ['Prompt: text and parameters', 'Model output', 'Prompt template asset', DATA_ASSET, 'Logging'];

describe('the conclusion of cloister verify', () => {
  it('is a proof when every place was searched and nothing was found', () => {
    expect(conclude(evidence())).toMatchObject({ ok: true, incomplete: [] });
    expect(new Set(Object.values(verdicts(evidence())))).toEqual(new Set(['kept']));
  });

  it.each([
    ['the database', { database: false, logs: true, storage: true }, 'DATABASE_URL'],
    ['the log', { database: true, logs: false, storage: true }, 'CLOISTER_LOG=file'],
  ])('is no proof when %s could not be searched, and says what to do', (_, searchable, advice) => {
    const { ok, incomplete, rows } = conclude(evidence({ searchable }));
    expect(ok).toBe(false);
    expect(incomplete).toEqual([expect.stringContaining(advice)]);
    expect(verdicts(evidence({ searchable }))).toEqual({
      ...Object.fromEntries(RESTS_ON_FILES.map((item) => [item, 'not proven'])),
      'Prompt in transit': 'kept',
      'Only you reach your work': 'kept',
      'Other accounts': 'kept',
      'Your own key': 'kept',
    });
    const words = rows.find(({ item }) => item === 'Logging')?.evidence;
    expect(words).toContain('NOT among them');
    expect(words).not.toContain('looked for in the logs');
  });

  it('is no proof of anything but the log when the storage could not be searched', () => {
    const of = evidence({ searchable: { database: true, logs: true, storage: false } });
    expect(conclude(of)).toMatchObject({ ok: false, incomplete: [expect.stringContaining('CLOISTER_BUCKET')] });
    const notProven = Object.entries(verdicts(of)).flatMap(([item, verdict]) => (verdict === 'kept' ? [] : [item]));
    expect(notProven).toEqual([...RESTS_ON_FILES.filter((item) => item !== 'Logging'), 'Your own key']);
  });

  it('is no proof when no answer was long enough to look for', () => {
    const short = evidence({}, 'too short');
    expect(verdicts(short)['Model output']).toBe('not proven');
    expect(conclude(short)).toMatchObject({ ok: false, incomplete: [expect.stringContaining('long enough')] });
  });

  it('is no proof when no other account could be tried', () => {
    expect(verdicts(evidence({ otherAccounts: [] }))['Other accounts']).toBe('not proven');
    expect(conclude(evidence({ otherAccounts: [] })).ok).toBe(false);
  });

  it('names what another account got, also when the run is no proof', () => {
    const otherAccounts = [{ check: 'finds nothing', ok: false, found: 'open a template: 200' }];
    for (const incomplete of [[], ['something went wrong']]) {
      const { ok, rows } = conclude(evidence({ otherAccounts, incomplete }));
      const row = rows.find(({ item }) => item === 'Other accounts');
      expect([ok, row?.verdict]).toEqual([false, 'BROKEN']);
      expect(row?.evidence).toContain('finds nothing: NO (open a template: 200)');
    }
  });

  it('names a leak also where something else could not be searched', () => {
    const ledger = createLedger();
    const canary = ledger.add('a request');
    const leak = { canary, place: 'data', file: '/data/x', path: '/data/x', encoding: 'UTF-8' };
    const leaky = evidence({ leaks: [leak], searchable: { database: false, logs: false, storage: false } });
    expect(conclude(leaky).ok).toBe(false);
    expect(verdicts(leaky)['Prompt: text and parameters']).toBe('BROKEN');
  });

  it.each([
    ['saved file, uploaded', 'content', [DATA_ASSET]],
    ['name of a saved file, uploaded', 'metadata', [DATA_ASSET]],
    ['saved template, kept', 'content', ['Prompt template asset']],
    ['name of a saved template, kept', 'metadata', ['Prompt template asset']],
    ['a request', 'content', ['Prompt: text and parameters']],
  ] as const)(
    'breaks the promise that a find of "%s" is about, and in a log also the one about logs',
    (action, kind, broken) => {
      const canary = createLedger().add(action, kind);
      const brokenBy = (place: string) => {
        const leak = { canary, place, file: '/data/x', path: '/data/x', encoding: 'UTF-8' };
        return Object.entries(verdicts(evidence({ leaks: [leak] }))).flatMap(([item, verdict]) =>
          verdict === 'BROKEN' ? [item] : [],
        );
      };
      expect(brokenBy('temporary')).toEqual(broken);
      expect(brokenBy('logs')).toEqual([...broken, 'Logging']);
    },
  );

  it('is no proof when no file could be saved, and names what of a file did not go', () => {
    expect(verdicts(evidence({ files: [] }))[DATA_ASSET]).toBe('not proven');
    expect(conclude(evidence({ files: [] })).ok).toBe(false);
    const files = [{ check: 'its bytes are gone', ok: false }];
    expect(verdicts(evidence({ files }))[DATA_ASSET]).toBe('BROKEN');
  });
});
