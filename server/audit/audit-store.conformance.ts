import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { AuditFilters, AuditStore, ChainedEvent } from './audit-store.ts';
import type { ChainHead } from './checkpoint-signer.ts';
import { genesisHead, hashEvent } from './event-hash.ts';

export type AuditStoreHarness = {
  readonly store: AuditStore;
  /** An account with an owner, whose name is Ada. */
  newAccount(): Promise<{ readonly accountId: string; readonly userId: string }>;
  close(): Promise<void>;
};

const DAY_MS = 86_400_000;
const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 12, 0, second, 123));

/** What every audit store must do. */
export function auditStoreConformance(storeName: string, open: () => Promise<AuditStoreHarness>): void {
  describe(`the ${storeName} audit store, as every one,`, () => {
    let harness: AuditStoreHarness;
    let store: AuditStore;
    let account: { readonly accountId: string; readonly userId: string };

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    beforeEach(async () => {
      account = await harness.newAccount();
    });
    afterAll(() => harness?.close());

    function eventAfter(head: ChainHead, fields: Partial<ChainedEvent> = {}): ChainedEvent {
      const event = {
        accountId: account.accountId,
        sequence: head.sequence + 1,
        at: at(head.sequence),
        actorUserId: account.userId,
        actorVia: 'login-session',
        actorCredentialId: null,
        address: null,
        action: 'project.create',
        targetType: 'project',
        targetId: null,
        projectId: null,
        outcome: 'success' as const,
        details: '{}',
        previousHash: head.hash,
        ...fields,
      };
      return { ...event, hash: hashEvent(event) };
    }

    async function append(fields: Partial<ChainedEvent> = {}, isCheckpoint = false): Promise<ChainedEvent> {
      const made: ChainedEvent[] = [];
      await store.append(account, async (head) => {
        const event = eventAfter(head, fields);
        made.push(event);
        const { sequence, hash } = event;
        const checkpoint = { sequence, hash, at: event.at, isTrim: false, signature: `checkpoint ${sequence}` };
        return {
          events: [event],
          head: { sequence, hash, signature: `head ${sequence}` },
          checkpoints: isCheckpoint ? [checkpoint] : [],
        };
      });
      const [event] = made;
      if (event === undefined) throw new Error('nothing was linked');
      return event;
    }

    async function sequencesOf(filters: AuditFilters): Promise<number[]> {
      return (await store.list(account, filters, { limit: 100 })).map(({ sequence }) => sequence);
    }

    it('begins a chain at the genesis of its account, and gives each append the end of it', async () => {
      const heads: ChainHead[] = [];
      for (let time = 0; time < 3; time += 1) {
        await store.append(account, async (head) => {
          heads.push({ sequence: head.sequence, hash: head.hash });
          const event = eventAfter(head);
          const { sequence, hash } = event;
          return { events: [event], head: { sequence, hash, signature: 's' }, checkpoints: [] };
        });
      }
      expect(heads[0]).toEqual(genesisHead(account.accountId));
      const events = await store.readChain(account.accountId, undefined, 10);
      expect(heads.slice(1)).toEqual(events.slice(0, 2).map(({ sequence, hash }) => ({ sequence, hash })));
    });

    it('gives back every field as it was hashed', async () => {
      const full = await append({
        actorCredentialId: newId(),
        address: '2001:db8::1',
        action: 'collaborator.add',
        targetId: newId(),
        projectId: newId(),
        outcome: 'denied',
        details: '{"role":"editor","userId":"x"}',
      });
      const empty = await append({ actorUserId: null, details: '{"fields":["name"]}' });
      expect(await store.readChain(account.accountId, undefined, 10)).toEqual([full, empty]);
      const [newest, oldest] = await store.list(account, {}, { limit: 10 });
      expect(newest).toEqual({ ...empty, details: { fields: ['name'] }, actorName: '' });
      expect(oldest).toEqual({ ...full, details: { role: 'editor', userId: 'x' }, actorName: 'Ada' });
    });

    it('lists the newest first, page by page, and finds by every filter', async () => {
      const [other, project] = [newId(), newId()];
      await append({ action: 'project.create', targetId: other });
      await append({ action: 'project.delete', projectId: project, outcome: 'denied' });
      await append({ action: 'asset.open', targetType: 'asset', actorUserId: other });
      expect(await sequencesOf({})).toEqual([3, 2, 1]);
      expect((await store.list(account, {}, { limit: 1, before: 3 })).map(({ sequence }) => sequence)).toEqual([2]);
      expect(await sequencesOf({ from: at(1) })).toEqual([3, 2]);
      expect(await sequencesOf({ to: at(1) })).toEqual([1]);
      expect(await sequencesOf({ from: at(1), to: at(2) })).toEqual([2]);
      expect(await sequencesOf({ actorUserId: other })).toEqual([3]);
      expect(await sequencesOf({ actions: ['project.create', 'project.delete'] })).toEqual([2, 1]);
      expect(await sequencesOf({ targetType: 'asset' })).toEqual([3]);
      expect(await sequencesOf({ targetType: 'project', targetId: other })).toEqual([1]);
      expect(await sequencesOf({ projectId: project })).toEqual([2]);
      expect(await sequencesOf({ outcome: 'denied' })).toEqual([2]);
      expect(await sequencesOf({ outcome: 'denied', targetType: 'asset' })).toEqual([]);
    });

    it('keeps the chains of accounts apart', async () => {
      await append();
      const first = account;
      account = await harness.newAccount();
      const own = await append();
      expect(own.sequence).toBe(1);
      expect(await store.readChain(account.accountId, undefined, 10)).toEqual([own]);
      expect(await store.readChain(first.accountId, undefined, 10)).toHaveLength(1);
    });

    it('reads the chain in its order, in batches, and its end with head and checkpoints', async () => {
      const events: ChainedEvent[] = [];
      for (let time = 0; time < 5; time += 1) events.push(await append({}, time === 2));
      expect(await store.readChain(account.accountId, undefined, 2)).toEqual(events.slice(0, 2));
      expect(await store.readChain(account.accountId, 2, 2)).toEqual(events.slice(2, 4));
      const end = await store.readEnd(account.accountId, 4);
      const [, , third, , last] = events;
      expect(end.events).toEqual([last]);
      expect(end.head).toEqual({ sequence: 5, hash: last?.hash, signature: 'head 5' });
      expect(end.checkpoints).toEqual([
        { sequence: 3, hash: third?.hash, at: third?.at, isTrim: false, signature: 'checkpoint 3' },
      ]);
      const nobody = await harness.newAccount();
      expect(await store.readEnd(nobody.accountId, undefined)).toEqual({
        events: [],
        head: undefined,
        checkpoints: [],
      });
    });

    it('gives 20 appends at once a turn each, without a gap', async () => {
      await Promise.all(Array.from({ length: 20 }, () => append()));
      const events = await store.readChain(account.accountId, undefined, 100);
      expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      for (const [index, event] of events.entries())
        expect(event.previousHash).toBe((events[index - 1] ?? genesisHead(account.accountId)).hash);
    });

    it('adds many events in one turn, with the checkpoints on the way', async () => {
      await append();
      const events: ChainedEvent[] = [];
      await store.append(account, async (head) => {
        let last = head;
        for (let time = 0; time < 100; time += 1) {
          const event = eventAfter(last, { address: time % 2 === 0 ? null : '::1', details: '{"role":"ad\\"min"}' });
          events.push(event);
          last = { sequence: event.sequence, hash: event.hash };
        }
        const checkpoints = [30, 60].map((sequence) => {
          const { hash = '', at: when = at(0) } = events[sequence - 2] ?? {};
          return { sequence, hash, at: when, isTrim: false, signature: 'c' };
        });
        return { events, head: { ...last, signature: 'head of all' }, checkpoints };
      });
      expect(await store.readChain(account.accountId, 1, 200)).toEqual(events);
      const { head, checkpoints } = await store.readEnd(account.accountId, 101);
      expect(head).toEqual({ sequence: 101, hash: events.at(-1)?.hash, signature: 'head of all' });
      expect(checkpoints.map(({ sequence }) => sequence)).toEqual([30, 60]);
    });

    it('takes an event back with the work around it, and leaves no gap', async () => {
      await append();
      const failing = store.within(account, async () => {
        await append();
        throw new Error('the work failed');
      });
      await expect(failing).rejects.toThrow('the work failed');
      await expect(store.append(account, () => Promise.reject(new Error('no signature')))).rejects.toThrow(
        'no signature',
      );
      await append();
      expect(await sequencesOf({})).toEqual([2, 1]);
    });

    it('keeps everything where there is no retention', async () => {
      await append({ at: new Date(0) });
      expect(await store.findRetentionDays(account)).toBeUndefined();
      expect(await store.trim(account.accountId, 10, () => Promise.reject(new Error('nothing to mark')))).toBe(0);
      expect(await sequencesOf({})).toEqual([1]);
    });

    it('trims what is older than the retention from the oldest on, and marks the place', async () => {
      const days = (count: number) => new Date(Date.now() - count * DAY_MS);
      for (const age of [40, 35, 20, 33, 1]) await append({ at: days(age) });
      await store.setRetentionDays(account, 30);
      expect(await store.findRetentionDays(account)).toBe(30);
      const marked: ChainHead[] = [];
      const mark = async (last: ChainHead) => {
        marked.push(last);
        return { ...last, at: at(0), isTrim: true, signature: 'trim' };
      };
      expect(await store.trim(account.accountId, 1, mark)).toBe(1);
      expect(await store.trim(account.accountId, 10, mark)).toBe(1);
      // The fourth is older than the third, which stays: whatever follows it stays too.
      expect(await store.trim(account.accountId, 10, mark)).toBe(0);
      expect(await sequencesOf({})).toEqual([5, 4, 3]);
      expect(marked.map(({ sequence }) => sequence)).toEqual([1, 2]);
      expect(marked[1]?.hash).toBe((await store.readChain(account.accountId, 2, 1))[0]?.previousHash);
      const { checkpoints, head } = await store.readEnd(account.accountId, 5);
      expect(checkpoints.map(({ sequence, isTrim }) => [sequence, isTrim])).toEqual([
        [1, true],
        [2, true],
      ]);
      expect(head?.sequence).toBe(5);
      await store.setRetentionDays(account, undefined);
      expect(await store.findRetentionDays(account)).toBeUndefined();
    });

    it('trims at a place that has a checkpoint already', async () => {
      await append({ at: new Date(0) }, true);
      await store.setRetentionDays(account, 1);
      const mark = async (last: ChainHead) => ({ ...last, at: at(0), isTrim: true, signature: 'trim' });
      expect(await store.trim(account.accountId, 10, mark)).toBe(1);
      expect((await store.readEnd(account.accountId, undefined)).checkpoints).toHaveLength(2);
    });
  });
}
