import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, silentLogger, systemClock } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import type { Database } from '../database/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import type { AuditActor, AuditEvent } from './audit-event.ts';
import { verifyChain } from './chain-verification.ts';
import { type AuditLog, createAudit, createAuditLog } from './create-audit.ts';
import { sumDigests } from './deletion-receipt.ts';
import { createMemoryAudit, createTestSigner } from './testing.ts';

const opened: AuditEvent = { action: 'asset.open', target: { type: 'asset', id: newId() } };

describe('recording', () => {
  let clock: ManualClock;
  let log: AuditLog;
  const actor: AuditActor = {
    accountId: newId(),
    userId: newId(),
    via: 'api-key',
    credentialId: newId(),
    address: '::1',
  };
  const recorded = () => log.store.list(actor, {}, { limit: 200 });

  beforeEach(() => {
    clock = manualClock();
    log = createMemoryAudit({ clock });
  });

  it('keeps who, what, which, where from and when, and success if nothing else is said', async () => {
    const [assetId, projectId] = [newId(), newId()];
    const event = { action: 'asset.open', target: { type: 'asset', id: assetId }, projectId } as const;
    await log.audit.record(actor, event);
    expect(await recorded()).toMatchObject([
      {
        sequence: 1,
        at: clock.now(),
        actorUserId: actor.userId,
        actorVia: 'api-key',
        actorCredentialId: actor.credentialId,
        address: '::1',
        action: 'asset.open',
        targetType: 'asset',
        targetId: assetId,
        projectId,
        outcome: 'success',
        details: {},
      },
    ]);
  });

  it('makes the event of a change from what the change gave', async () => {
    const made = await log.audit.change(
      actor,
      (id) => ({ action: 'project.create', target: { type: 'project', id } }),
      async () => newId(),
    );
    expect((await recorded()).map(({ targetId }) => targetId)).toEqual([made]);
  });

  it('keeps nothing that somebody typed: what is no identifier of ours is left out', async () => {
    const typed = 'the quick brown fox';
    await log.audit.record(actor, {
      action: 'permission.denied',
      target: { type: 'project', id: typed },
      projectId: typed,
      details: { userId: typed },
    });
    await log.audit.record(actor, { action: 'model.pull', target: { type: 'model', id: typed } });
    await log.audit.record(actor, { action: 'model.pull', target: { type: 'model', id: 'ibm/granite-4.0-350m' } });
    const records = await recorded();
    expect(records.map(({ targetId }) => targetId)).toEqual(['ibm/granite-4.0-350m', null, null]);
    expect(JSON.stringify(records)).not.toContain('fox');
  });

  it('writes the same details as the same text, whatever the order they are given in', async () => {
    const userId = newId();
    await log.audit.record(actor, { ...opened, details: { userId, role: 'admin' } });
    await log.audit.record(actor, { ...opened, details: { role: 'admin', userId } });
    const texts = (await log.store.readChain(actor.accountId, undefined, 2)).map(({ details }) => details);
    const text = `{"role":"admin","userId":"${userId}"}`;
    expect(texts).toEqual([text, text]);
  });

  it('leaves no event and no gap when the change fails', async () => {
    const failing = log.audit.change(actor, opened, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await log.audit.record(actor, opened);
    expect((await recorded()).map(({ sequence }) => sequence)).toEqual([1]);
  });

  it('records inside a change, and changes inside a change, in the turn of that change', async () => {
    await log.audit.change(actor, opened, async () => {
      await log.audit.record(actor, { ...opened, action: 'asset.change' });
      await log.audit.change(actor, { ...opened, action: 'asset.create' }, async () => {});
    });
    expect((await recorded()).map(({ action }) => action)).toEqual(['asset.open', 'asset.create', 'asset.change']);
  });

  it('keeps a batch that fails apart from what is recorded after it', async () => {
    let isBroken = true;
    const signer = createTestSigner();
    const broken = createAuditLog({
      store: log.store,
      signer: { ...signer, sign: (text) => (isBroken ? Promise.reject(new Error('no key')) : signer.sign(text)) },
      clock,
      logger: silentLogger,
    });
    const failed = await Promise.allSettled([broken.audit.record(actor, opened), broken.audit.record(actor, opened)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isBroken = false;
    await broken.audit.record(actor, opened);
    expect((await recorded()).map(({ sequence }) => sequence)).toEqual([1]);
  });

  it('signs each checkpoint of a batch that goes over it', async () => {
    await Promise.all(Array.from({ length: 350 }, () => log.audit.record(actor, opened)));
    const { checkpoints, head } = await log.store.readEnd(actor.accountId, 350);
    expect(checkpoints.map(({ sequence }) => sequence)).toEqual([100, 200, 300]);
    expect(head?.sequence).toBe(350);
    expect(await verifyChain({ ...log, accountId: actor.accountId })).toMatchObject({ events: 350, faults: [] });
  });

  it('signs a checkpoint every 100 events', async () => {
    for (let time = 0; time < 205; time += 1) await log.audit.record(actor, opened);
    const { checkpoints } = await log.store.readEnd(actor.accountId, 205);
    expect(checkpoints.map(({ sequence }) => sequence)).toEqual([100, 200]);
    expect(await verifyChain({ ...log, accountId: actor.accountId })).toMatchObject({ events: 205, faults: [] });
  });

  it('trims when the log grows and the last trim is an hour ago, records it, and the chain stays whole', async () => {
    for (let day = 0; day < 5; day += 1) {
      await log.audit.record(actor, opened);
      clock.advance(86_400_000);
    }
    await log.close();
    await log.store.setRetentionDays(actor, 3);
    await log.audit.record(actor, opened);
    await log.close();
    expect((await recorded()).map(({ sequence, action, actorVia }) => [sequence, action, actorVia])).toEqual([
      [7, 'audit.trim', 'server'],
      [6, 'asset.open', 'api-key'],
      [5, 'asset.open', 'api-key'],
      [4, 'asset.open', 'api-key'],
      [3, 'asset.open', 'api-key'],
    ]);
    const report = await verifyChain({ ...log, accountId: actor.accountId });
    expect(report).toMatchObject({ events: 5, first: 3, last: 7, faults: [] });
    // Within the hour nothing is looked for, however old it has become.
    await log.store.setRetentionDays(actor, 1);
    await log.audit.record(actor, opened);
    await log.close();
    expect(await recorded()).toHaveLength(6);
  });
});

describe('recording in the database', () => {
  let database: TestDatabase;
  let log: AuditLog;
  let actor: AuditActor;

  beforeAll(async () => {
    database = await createTestDatabase();
    log = createAudit({ database, signer: createTestSigner(), clock: systemClock, logger: silentLogger });
  });
  afterAll(async () => {
    await log?.close();
    await database?.close();
  });
  beforeEach(async () => {
    actor = { accountId: newId(), userId: newId(), via: 'login-session' };
    await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [
      actor.accountId,
      'A',
    ]);
    await database.ownerQuery(
      "insert into users (id, account_id, email, name, role, created_at) values ($1, $2, 'ada@example.org', 'Ada', 'owner', now())",
      [actor.userId, actor.accountId],
    );
  });

  const createProject = (id: string) =>
    database.inAccount({ accountId: actor.accountId, userId: actor.userId }, async (transaction) => {
      await transaction
        .insertInto('projects')
        .values({
          id,
          account_id: actor.accountId,
          name: 'P',
          description: '',
          created_by: actor.userId,
          created_at: systemClock.now(),
        })
        .execute();
      return id;
    });

  it('commits the change and its event together', async () => {
    const id = newId();
    const created = { action: 'project.create', target: { type: 'project', id } } as const;
    await log.audit.change(actor, created, () => createProject(id));
    expect(await database.ownerQuery('select id from projects where id = $1', [id])).toHaveLength(1);
    expect(await log.store.list(actor, {}, { limit: 10 })).toMatchObject([{ targetId: id, actorName: 'Ada' }]);
  });

  it('takes the change back when its event cannot be recorded, and the event when the change fails', async () => {
    const [id, other] = [newId(), newId()];
    const noEvent = log.audit.change(
      actor,
      () => {
        throw new Error('no event');
      },
      () => createProject(id),
    );
    await expect(noEvent).rejects.toThrow('no event');
    const noChange = log.audit.change(actor, opened, async () => {
      await createProject(other);
      throw new Error('no change');
    });
    await expect(noChange).rejects.toThrow('no change');
    expect(await database.ownerQuery('select id from projects where account_id = $1', [actor.accountId])).toEqual([]);
    await log.audit.record(actor, opened);
    expect((await log.store.list(actor, {}, { limit: 10 })).map(({ sequence }) => sequence)).toEqual([1]);
  });

  it('takes back what was done where its receipt cannot be signed', async () => {
    const id = newId();
    const signer = createTestSigner();
    let isLost = false;
    // The key is lost between the change and its receipt.
    const sign = (text: string) => (isLost ? Promise.reject(new Error('no key')) : signer.sign(text));
    const other = createAudit({ database, signer: { ...signer, sign }, clock: systemClock, logger: silentLogger });
    const event = { action: 'project.delete', target: { type: 'project', id }, projectId: id } as const;
    const change = async () => {
      await createProject(id);
      isLost = true;
      return { digests: sumDigests([]), result: undefined };
    };
    const projects = () => database.ownerQuery('select id from projects where id = $1', [id]);
    await expect(other.audit.purge(actor, event, change)).rejects.toThrow('no key');
    expect(await projects()).toEqual([]);
    expect((await log.audit.purge(actor, event, change)).receipt.split('.')).toHaveLength(3);
    expect(await projects()).toHaveLength(1);
    expect(await log.store.list(actor, {}, { limit: 10 })).toMatchObject([{ action: 'project.delete', targetId: id }]);
    await other.close();
  });

  it('keeps the chain of many changes at once whole', async () => {
    await Promise.all(Array.from({ length: 120 }, () => log.audit.change(actor, opened, () => createProject(newId()))));
    expect(await verifyChain({ ...log, accountId: actor.accountId })).toMatchObject({
      events: 120,
      first: 1,
      last: 120,
      faults: [],
    });
  });

  it('has one transaction of an account at a time for what is recorded, and few for many refusals at once', async () => {
    let [open, most, all] = [0, 0, 0];
    const counting: Database = {
      ...database,
      inAccount: async (scope, work) => {
        [open, all] = [open + 1, all + 1];
        most = Math.max(most, open);
        try {
          return await database.inAccount(scope, work);
        } finally {
          open -= 1;
        }
      },
    };
    const busy = createAudit({
      database: counting,
      signer: createTestSigner(),
      clock: systemClock,
      logger: silentLogger,
    });
    const another = { ...actor, userId: newId() };
    const refused: AuditEvent = { action: 'permission.denied', target: { type: 'account' }, outcome: 'denied' };
    // The first event of the hour looks for events to trim.
    await busy.audit.record(actor, opened);
    await busy.close();
    [most, all] = [0, 0];
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => busy.audit.record(index % 2 ? actor : another, refused)),
    );
    expect({ most, all }).toEqual({ most: 1, all: 3 });
    const events = await busy.store.list(actor, {}, { limit: 400 });
    expect(new Set(events.map(({ actorUserId }) => actorUserId))).toEqual(new Set([actor.userId, another.userId]));
    expect(await verifyChain({ ...busy, accountId: actor.accountId })).toMatchObject({ events: 301, faults: [] });
  });

  it('finds nothing wrong in a chain that grows while it is verified', async () => {
    const growing = Array.from({ length: 60 }, () => log.audit.record(actor, opened));
    const reports = [];
    for (let time = 0; time < 10; time += 1) reports.push(await verifyChain({ ...log, accountId: actor.accountId }));
    await Promise.all(growing);
    reports.push(await verifyChain({ ...log, accountId: actor.accountId }));
    expect(reports.flatMap(({ faults }) => faults)).toEqual([]);
    expect(reports.at(-1)?.events).toBe(60);
  });

  it('finds nothing wrong in a chain that is trimmed while it is verified', async () => {
    const { store, signer } = log;
    const longAgo = manualClock(new Date('2020-01-01T00:00:00Z'));
    const earlier = createAudit({ database, signer, clock: longAgo, logger: silentLogger });
    for (let time = 0; time < 20; time += 1) await earlier.audit.record(actor, opened);
    await log.audit.record(actor, opened);
    // The trim that each append sets off looks for nothing any more.
    await Promise.all([log.close(), earlier.close()]);
    await store.setRetentionDays(actor, 30);
    const trimmedBetween = {
      ...store,
      async readChain(accountId: string, after: number | undefined) {
        const events = await store.readChain(accountId, after, 5);
        expect(await log.trimExpired(accountId)).toBe(20);
        return events;
      },
    };
    expect(await verifyChain({ store: trimmedBetween, signer, accountId: actor.accountId })).toMatchObject({
      events: 7,
      first: 1,
      last: 22,
      faults: [],
    });
    expect(await verifyChain({ store, signer, accountId: actor.accountId })).toMatchObject({ first: 21, faults: [] });
  });
});
