import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newId, silentLogger, systemClock } from '../core/index.ts';
import type { AuditStore, ChainEnd, ChainedEvent, Checkpoint } from './audit-store.ts';
import { type ChainFault, verifyChain } from './chain-verification.ts';
import { type CheckpointSigner, statementText } from './checkpoint-signer.ts';
import { createAuditLog } from './create-audit.ts';
import { canonicalText, genesisHead, type HashedFields, hashEvent, instantText } from './event-hash.ts';
import { createMemoryAuditStore } from './memory-audit-store.ts';
import { createTestSigner } from './testing.ts';

const runs = { numRuns: process.env.SLOW === undefined ? 100 : 2000 };

const uuid = fc.uuid();
const someText = fc.string({ unit: 'binary', maxLength: 20 });
const fields: fc.Arbitrary<HashedFields> = fc.record({
  accountId: uuid,
  sequence: fc.integer({ min: 1 }),
  at: fc.date({ noInvalidDate: true }),
  actorUserId: fc.option(uuid),
  actorVia: someText,
  actorCredentialId: fc.option(uuid),
  address: fc.option(someText),
  action: someText,
  targetType: someText,
  targetId: fc.option(someText),
  projectId: fc.option(uuid),
  outcome: fc.constantFrom('success', 'denied', 'failure'),
  details: someText,
  previousHash: fc.stringMatching(/^[0-9a-f]{64}$/),
});

describe('the hash of an event', () => {
  it('is another one when any field is another one', () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        for (const name of Object.keys(one) as (keyof HashedFields)[]) {
          const changed = { ...one, [name]: other[name] };
          const isSame = JSON.stringify(one[name]) === JSON.stringify(other[name]);
          expect(hashEvent(changed) === hashEvent(one)).toBe(isSame);
        }
      }),
      runs,
    );
  });

  it('does not let a value run into the next one, or null be taken for a text', () => {
    const event = fc.sample(fields, 1)[0] as HashedFields;
    const pairs: [Partial<HashedFields>, Partial<HashedFields>][] = [
      [
        { action: 'ab', targetType: 'c' },
        { action: 'a', targetType: 'bc' },
      ],
      [
        { action: 'a","b', targetType: 'c' },
        { action: 'a', targetType: 'b","c' },
      ],
      [{ targetId: null }, { targetId: '' }],
      [{ targetId: null }, { targetId: 'null' }],
    ];
    for (const [one, other] of pairs)
      expect(hashEvent({ ...event, ...one })).not.toBe(hashEvent({ ...event, ...other }));
  });

  it('is that of docs/reference/audit-log.md', () => {
    const event: HashedFields = {
      accountId: '0b3f7c52-52c1-4b5e-9d0c-1f4f8f0a7a11',
      sequence: 1,
      at: new Date('2026-11-24T12:00:00.123Z'),
      actorUserId: '6f1d2c3b-8a4e-4c57-b0d9-2e5a7c9f1b22',
      actorVia: 'login-session',
      actorCredentialId: '9c2e4d6f-1b3a-4e5c-8d7f-0a1b2c3d4e33',
      address: '203.0.113.7',
      action: 'collaborator.add',
      targetType: 'project',
      targetId: 'd4c3b2a1-0f9e-4d8c-b7a6-5f4e3d2c1b44',
      projectId: 'd4c3b2a1-0f9e-4d8c-b7a6-5f4e3d2c1b44',
      outcome: 'success',
      details: '{"role":"editor","userId":"e5f6a7b8-c9d0-4e1f-a2b3-c4d5e6f7a855"}',
      previousHash: genesisHead('0b3f7c52-52c1-4b5e-9d0c-1f4f8f0a7a11').hash,
    };
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/audit-log.md'), 'utf8');
    const hash = hashEvent(event);
    const head = {
      type: 'head',
      account: event.accountId,
      sequence: event.sequence,
      hash,
      at: instantText(event.at),
    } as const;
    for (const text of [genesisHead(event.accountId).hash, canonicalText(event), hash, statementText(head)])
      expect(page).toContain(text);
  });
});

type Kept = { events: ChainedEvent[]; head: ChainEnd['head']; checkpoints: Checkpoint[] };

describe('verification', () => {
  const accountId = newId();
  const userId = newId();
  let signer: CheckpointSigner;
  let whole: Kept;

  beforeAll(async () => {
    signer = createTestSigner();
    const store = createMemoryAuditStore({ clock: systemClock });
    const log = createAuditLog({ store, signer, clock: systemClock, logger: silentLogger });
    for (let time = 0; time < 230; time += 1)
      await log.audit.record(
        { accountId, userId, via: 'api-key' },
        { action: 'asset.open', target: { type: 'asset' } },
      );
    whole = asKept(await store.readEnd(accountId, undefined));
  });

  const asKept = ({ events, head, checkpoints }: ChainEnd): Kept => ({
    events: [...events],
    head,
    checkpoints: [...checkpoints],
  });

  /** Verifies what somebody made of the rows. */
  async function verify(kept: Kept, anchor?: { sequence: number; hash: string }) {
    const eventsBehind = (sequence = -1) => {
      const index = kept.events.findLastIndex((event) => event.sequence === sequence);
      return kept.events.slice(index + 1);
    };
    const store = {
      readChain: async (_account: string, sequence: number | undefined, limit: number) =>
        eventsBehind(sequence).slice(0, limit),
      readEnd: async (_account: string, sequence: number | undefined) => ({ ...kept, events: eventsBehind(sequence) }),
    } as Pick<AuditStore, 'readChain' | 'readEnd'> as AuditStore;
    return verifyChain({ store, signer, accountId, ...(anchor === undefined ? {} : { anchor }) });
  }

  const faultsOf = async (change: (kept: Kept) => unknown): Promise<readonly ChainFault[]> => {
    const kept = asKept(whole);
    change(kept);
    return (await verify(kept)).faults;
  };
  const shortly = (faults: readonly ChainFault[]) => faults.map(({ kind, sequence }) => `${kind} ${sequence}`);
  /** Whoever writes events anew makes them follow each other; what they cannot make is a signature. */
  function rehash(events: ChainedEvent[], from: number): void {
    for (let index = from; index < events.length; index += 1) {
      const event = {
        ...events[index],
        previousHash: (events[index - 1] ?? genesisHead(accountId)).hash,
      } as ChainedEvent;
      events[index] = { ...event, hash: hashEvent(event) };
    }
  }

  it('finds nothing in a chain as it was recorded', async () => {
    const hash = whole.events.at(-1)?.hash;
    expect(await verify(whole)).toEqual({
      accountId,
      events: 230,
      first: 1,
      last: 230,
      head: { sequence: 230, hash },
      faults: [],
    });
  });

  it('finds nothing for an account that never had an event', async () => {
    expect(await verify({ events: [], head: undefined, checkpoints: [] })).toMatchObject({ events: 0, faults: [] });
  });

  it('finds any one field of any one event that was altered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 229 }), fields, fc.constantFrom(...FIELDS), async (index, other, name) => {
        const event = whole.events[index] as ChainedEvent;
        fc.pre(JSON.stringify(event[name]) !== JSON.stringify(other[name]));
        const altered = { ...event, [name]: other[name] };
        const found = await faultsOf(({ events }) => {
          events[index] = altered;
        });
        expect(shortly(found)).toContain(`altered ${altered.sequence}`);
      }),
      runs,
    );
  });

  it('finds events that were removed, anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 229 }), fc.integer({ min: 1, max: 230 }), async (index, count) => {
        const found = await faultsOf(({ events }) => events.splice(index, count));
        expect(shortly(found)).toContain(`removed ${index + 1}`);
      }),
      runs,
    );
  });

  it('finds events that changed their places', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 229 }), fc.nat({ max: 229 }), async (one, other) => {
        fc.pre(one !== other);
        const swapped = (renumber: boolean) =>
          faultsOf(({ events }) => {
            const [first, second] = [events[one] as ChainedEvent, events[other] as ChainedEvent];
            events[one] = renumber ? { ...second, sequence: first.sequence } : second;
            events[other] = renumber ? { ...first, sequence: second.sequence } : first;
          });
        expect((await swapped(false)).length).toBeGreaterThan(0);
        expect(shortly(await swapped(true))).toEqual(
          expect.arrayContaining([`altered ${one + 1}`, `altered ${other + 1}`]),
        );
      }),
      runs,
    );
  });

  it('finds an event that was put in, also when everything behind it was numbered and hashed anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 230 }), fields, async (index, other) => {
        const found = await faultsOf(({ events }) => {
          events.splice(index, 0, { ...other, accountId, hash: '' });
          for (const [place, event] of events.entries()) events[place] = { ...event, sequence: place + 1 };
          rehash(events, index);
        });
        expect(found.map(({ kind }) => kind)).toContain('head-differs');
      }),
      runs,
    );
  });

  it('finds a chain that was written anew to its end: its head and checkpoints are signed', async () => {
    const rewritten = (kept: Kept) => {
      kept.events[49] = { ...(kept.events[49] as ChainedEvent), outcome: 'denied' };
      rehash(kept.events, 49);
    };
    expect(shortly(await faultsOf(rewritten))).toEqual([
      'checkpoint-differs 100',
      'checkpoint-differs 200',
      'head-differs 230',
    ]);
    const withHead = (kept: Kept) => {
      rewritten(kept);
      kept.head = { sequence: 230, hash: kept.events[229]?.hash ?? '', signature: whole.head?.signature ?? '' };
      kept.checkpoints = kept.checkpoints.map((checkpoint) => ({
        ...checkpoint,
        hash: kept.events[checkpoint.sequence - 1]?.hash ?? '',
      }));
    };
    expect(shortly(await faultsOf(withHead)).filter((fault) => fault.startsWith('signature'))).toEqual([
      'signature-not-valid 100',
      'signature-not-valid 200',
      'signature-not-valid 230',
    ]);
  });

  it('finds an end that was cut off, with the head moved back too', async () => {
    const cut = (kept: Kept) => {
      kept.events.splice(210);
      kept.head = { ...kept.events[209], signature: whole.head?.signature ?? '' } as Kept['head'];
    };
    expect(shortly(await faultsOf(cut))).toEqual(['signature-not-valid 210']);
    const withoutHead = (kept: Kept) => {
      kept.head = undefined;
    };
    expect(shortly(await faultsOf(withoutHead))).toEqual(['head-differs 230']);
    const everything = (kept: Kept) => {
      kept.events.length = 0;
    };
    expect(shortly(await faultsOf(everything))).toContain('removed 1');
  });

  it('takes no signature of one thing for another', async () => {
    const asTrim = (kept: Kept) => {
      kept.events.splice(0, 100);
      kept.checkpoints[0] = { ...(kept.checkpoints[0] as Checkpoint), isTrim: true };
    };
    expect(shortly(await faultsOf(asTrim))).toEqual(['removed 1', 'signature-not-valid 100']);
    const asHead = (kept: Kept) => {
      kept.events.splice(200);
      kept.head = kept.checkpoints[1];
    };
    expect(shortly(await faultsOf(asHead))).toEqual(['signature-not-valid 200']);
    const moved = (kept: Kept) => {
      kept.checkpoints[0] = { ...(kept.checkpoints[0] as Checkpoint), at: new Date(0) };
    };
    expect(shortly(await faultsOf(moved))).toContain('signature-not-valid 100');
  });

  it('finds checkpoints that are gone, or that the chain does not reach', async () => {
    const gone = (kept: Kept) => kept.checkpoints.splice(0, 1);
    expect(shortly(await faultsOf(gone))).toEqual(['checkpoint-differs 100']);
    const older = async (kept: Kept) => {
      kept.events.splice(150);
      const { sequence, hash, at } = kept.events[149] as ChainedEvent;
      const statement = { type: 'head', account: accountId, sequence, hash, at: instantText(at) } as const;
      kept.head = { sequence, hash, signature: await signer.sign(statementText(statement)) };
    };
    const kept = asKept(whole);
    await older(kept);
    expect(shortly((await verify(kept)).faults)).toEqual(['checkpoint-differs 200']);
  });

  it('takes a chain that begins behind a signed trim, and no other that begins late', async () => {
    const { sequence, hash, at } = whole.events[119] as ChainedEvent;
    const statement = { type: 'trim', account: accountId, sequence, hash, at: instantText(at) } as const;
    const trim = { sequence, hash, at, isTrim: true, signature: await signer.sign(statementText(statement)) };
    const trimmed = (removed: number) =>
      faultsOf((kept) => {
        kept.events.splice(0, removed);
        kept.checkpoints.splice(1, 0, trim);
      });
    expect(await trimmed(120)).toEqual([]);
    expect(await trimmed(125)).toMatchObject([
      { kind: 'removed', sequence: 121, detail: 'Events 121 to 125 are missing.' },
    ]);
    expect(await trimmed(110)).toMatchObject([{ kind: 'removed', sequence: 1 }]);
  });

  it('finds, by its anchor, an older chain that was put in the place of the newer one', async () => {
    const anchorAt = (index: number) => {
      const { sequence, hash } = whole.events[index] as ChainedEvent;
      return { sequence, hash };
    };
    expect((await verify(whole, anchorAt(229))).faults).toEqual([]);
    expect((await verify(whole, anchorAt(41))).faults).toEqual([]);
    expect((await verify(whole, { sequence: 0, hash: '' })).faults).toEqual([]);
    expect(shortly((await verify(whole, { sequence: 500, hash: 'a' })).faults)).toEqual(['anchor-missing 500']);
    expect(shortly((await verify(whole, { sequence: 41, hash: 'a' })).faults)).toEqual(['anchor-missing 41']);
    const nothing = { events: [], head: undefined, checkpoints: [] };
    expect(shortly((await verify(nothing, anchorAt(0))).faults)).toEqual(['anchor-missing 1']);
  });
});

const FIELDS = [
  'accountId',
  'sequence',
  'at',
  'actorUserId',
  'actorVia',
  'actorCredentialId',
  'address',
  'action',
  'targetType',
  'targetId',
  'projectId',
  'outcome',
  'details',
  'previousHash',
] as const satisfies readonly (keyof HashedFields)[];
