import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, AppError, type AuthorizationRequest, newId } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import type { AuditExportFormat } from './audit-export.ts';
import { type AuditService, createAuditService } from './audit-service.ts';
import type { AuditFilters } from './audit-store.ts';
import { createMemoryAudit } from './testing.ts';

describe('the audit service', () => {
  const actor: Actor = { accountId: newId(), userId: newId(), via: 'login-session', accountRole: 'owner' };
  let clock: ManualClock;
  let log: ReturnType<typeof createMemoryAudit>;
  let service: AuditService;
  let asked: AuthorizationRequest[];
  let name: string;

  beforeEach(() => {
    clock = manualClock();
    name = 'Ada';
    log = createMemoryAudit({ clock, nameOfUser: () => name });
    asked = [];
    service = createAuditService({
      log,
      authorize: async (_actor, request) => {
        asked.push(request);
      },
      listAccountIds: async () => [actor.accountId],
    });
  });

  const record = (count = 1) =>
    Array.from({ length: count }).reduce<Promise<void>>(
      (before) => before.then(() => log.audit.record(actor, { action: 'asset.open', target: { type: 'asset' } })),
      Promise.resolve(),
    );

  async function exported(format: AuditExportFormat, filters: AuditFilters = {}): Promise<string> {
    let text = '';
    for await (const piece of await service.export(actor, filters, format)) text += piece;
    return text;
  }

  it('does nothing for whoever may not', async () => {
    const refused = createAuditService({
      log,
      authorize: () => Promise.reject(new AppError('permission-denied', 'no')),
      listAccountIds: async () => [],
    });
    const denied = { code: 'permission-denied' };
    await expect(refused.list(actor, {}, {})).rejects.toMatchObject(denied);
    await expect(refused.export(actor, {}, 'csv')).rejects.toMatchObject(denied);
    await expect(refused.getRetention(actor)).rejects.toMatchObject(denied);
    await expect(refused.setRetention(actor, 1)).rejects.toMatchObject(denied);
    expect(await log.store.list(actor, {}, { limit: 10 })).toEqual([]);
    expect(await log.store.findRetentionDays(actor)).toBeUndefined();
  });

  it('asks for what each question needs', async () => {
    await service.list(actor, {}, {});
    await service.export(actor, {}, 'csv');
    await service.getRetention(actor);
    await service.setRetention(actor, 1);
    expect(asked.map(({ action }) => action)).toEqual(['read-audit', 'read-audit', 'read-audit', 'manage-account']);
  });

  it('lists page after page until there is no more', async () => {
    await record(5);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await service.list(actor, {}, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ sequence }) => sequence));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const exactly = await service.list(actor, {}, { limit: 5 });
    expect(exactly.nextCursor).toBeUndefined();
  });

  it.each(['', 'x', '0', 'MA', 'LTE', 'MQ==', '!!'])(
    'refuses the cursor "%s", which it did not give',
    async (cursor) => {
      await expect(service.list(actor, {}, { cursor })).rejects.toMatchObject({ code: 'invalid-argument' });
    },
  );

  it('records an export before it gives anything out, and exports what fits the filters', async () => {
    await record(2);
    await log.audit.record(actor, { action: 'asset.delete', target: { type: 'asset' } });
    const lines = (await exported('jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).action)).toEqual([
      'audit.export',
      'asset.delete',
      'asset.open',
      'asset.open',
    ]);
    expect(await exported('jsonl', { actions: ['asset.delete'] })).toMatch(/^\{.*"asset\.delete".*\}\n$/);
  });

  it('exports logs longer than one reading', async () => {
    await record(1100);
    const sequences = (await exported('csv'))
      .split('\r\n')
      .slice(1, -1)
      .map((line) => Number(line.split(',')[1]));
    expect(sequences).toEqual(Array.from({ length: 1101 }, (_, index) => 1101 - index));
  });

  it('writes CSV as RFC 4180 has it, with nothing that a spreadsheet would run', async () => {
    name = '=HYPERLINK("https://example.org","a, b")';
    await log.audit.record(actor, { action: 'asset.open', target: { type: 'asset' }, details: { role: 'admin' } });
    const [heading, , line] = (await exported('csv')).split('\r\n');
    expect(heading).toBe(
      'accountId,sequence,at,actorUserId,actorName,actorVia,actorCredentialId,address,action,targetType,targetId,projectId,outcome,details,previousHash,hash',
    );
    expect(line).toContain(`,"'=HYPERLINK(""https://example.org"",""a, b"")",login-session,`);
    expect(line).toContain(',"{""role"":""admin""}",');
  });

  it.each([
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', `'\tx`],
    [' =1', "' =1"],
    ['＝1', "'＝1"],
    ['Ada\r\nLovelace', '"Ada\r\nLovelace"'],
    ['a=1', 'a=1'],
  ])('writes the name %j as %j', async (given, written) => {
    name = given;
    expect(await exported('csv')).toContain(`,${written},login-session,`);
  });

  it('sets the retention, records that, and removes at once what is older', async () => {
    await record(3);
    await log.close();
    clock.advance(3 * 86_400_000);
    expect(await service.getRetention(actor)).toBeNull();
    await service.setRetention(actor, 2);
    expect(await service.getRetention(actor)).toBe(2);
    const { items } = await service.list(actor, {}, {});
    expect(items.map(({ action, details }) => [action, details])).toEqual([
      ['audit.trim', {}],
      ['account.change', { fields: ['auditRetention'], retentionDays: 2 }],
    ]);
    await service.setRetention(actor, null);
    expect(await service.getRetention(actor)).toBeNull();
    expect(await service.verify(actor.accountId)).toMatchObject({ faults: [], first: 4 });
  });

  it('verifies with an anchor', async () => {
    await record(2);
    const { head } = await service.verify(actor.accountId);
    await record(1);
    expect(await service.verify(actor.accountId, head)).toMatchObject({ events: 3, faults: [] });
    expect(await service.verify(newId(), head)).toMatchObject({ events: 0, faults: [{ kind: 'anchor-missing' }] });
    expect(await service.listChains()).toEqual([actor.accountId]);
  });

  it('tells a new account, whose log is empty, from one that is not there', async () => {
    expect(await service.verify(actor.accountId)).toMatchObject({ events: 0, faults: [] });
    await expect(service.verify(newId())).rejects.toMatchObject({ code: 'not-found' });
  });
});
