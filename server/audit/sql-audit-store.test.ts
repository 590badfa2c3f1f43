import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { auditStoreConformance } from './audit-store.conformance.ts';
import { genesisHead, hashEvent } from './event-hash.ts';
import { createSqlAuditStore } from './sql-audit-store.ts';

async function newAccount(database: TestDatabase) {
  const [accountId, userId] = [newId(), newId()];
  await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await addPerson(database, accountId, userId, 'owner');
  return { accountId, userId };
}

async function addPerson(database: TestDatabase, accountId: string, userId: string, role: string): Promise<void> {
  await database.ownerQuery(
    "insert into users (id, account_id, email, name, role, created_at) values ($1, $2, $3, 'Ada', $4, now())",
    [userId, accountId, `${userId}@example.org`, role],
  );
}

auditStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  return {
    store: createSqlAuditStore(database),
    newAccount: () => newAccount(database),
    close: () => database.close(),
  };
});

describe('the SQL audit store', () => {
  let database: TestDatabase;
  let account: { readonly accountId: string; readonly userId: string };

  beforeAll(async () => {
    database = await createTestDatabase();
    account = await newAccount(database);
    await appendTo(account);
  });
  afterAll(() => database?.close());

  async function appendTo(scope: { readonly accountId: string; readonly userId?: string }): Promise<void> {
    await createSqlAuditStore(database).append(scope, async (last) => {
      const fields = {
        accountId: scope.accountId,
        sequence: last.sequence + 1,
        at: new Date(0),
        actorUserId: scope.userId ?? null,
        actorVia: 'api-key',
        actorCredentialId: null,
        address: null,
        action: 'project.create',
        targetType: 'project',
        targetId: null,
        projectId: null,
        outcome: 'success' as const,
        details: '{}',
        previousHash: last.hash,
      };
      const hash = hashEvent(fields);
      const head = { sequence: fields.sequence, hash, signature: 's' };
      return { events: [{ ...fields, hash }], head, checkpoints: [] };
    });
  }

  it.each([
    "update audit_events set action = 'project.delete'",
    'delete from audit_events',
    'truncate audit_events',
    'update audit_checkpoints set sequence = 1',
    'delete from audit_checkpoints',
    'delete from audit_chains',
  ])('is written by a role that cannot: %s', async (statement) => {
    const client = new Client(database.connection);
    await client.connect();
    try {
      await client.query("select set_config('cloister.account_id', $1, false)", [account.accountId]);
      await expect(client.query(statement)).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
  });

  it('is not trimmed by a person, or before its time, whoever asks', async () => {
    const old = await newAccount(database);
    await appendTo(old);
    const trim = (scope: { readonly accountId: string; readonly userId?: string }) =>
      database.inAccount(scope, async (transaction) => {
        const { rows } = await sql<{ removed: number }>`select trim_audit_events(1) as removed`.execute(transaction);
        return rows[0]?.removed;
      });
    expect(await trim({ accountId: old.accountId })).toBe(0);
    // The event is of 1970: too young for the longest retention there is, and too old for the next.
    await createSqlAuditStore(database).setRetentionDays(old, 36_500);
    expect(await trim({ accountId: old.accountId })).toBe(0);
    await createSqlAuditStore(database).setRetentionDays(old, 1);
    expect(await trim(old)).toBe(0);
    expect(await trim({ accountId: old.accountId })).toBe(1);
  });

  it('lets members add events, and only owners, administrators and governance administrators read them', async () => {
    const seen: Record<string, number> = {};
    for (const role of ['administrator', 'governance-administrator', 'member', 'billing-viewer']) {
      const scope = { accountId: account.accountId, userId: newId() };
      await addPerson(database, scope.accountId, scope.userId, role);
      await appendTo(scope);
      seen[role] = (await createSqlAuditStore(database).list(scope, {}, { limit: 100 })).length;
    }
    expect(seen).toEqual({ administrator: 2, 'governance-administrator': 3, member: 0, 'billing-viewer': 0 });
  });

  it('shows an account nothing of another one’s log', async () => {
    const other = await newAccount(database);
    const store = createSqlAuditStore(database);
    expect(await store.list(other, {}, { limit: 100 })).toEqual([]);
    const foreign = database.inAccount(other, (transaction) =>
      transaction.selectFrom('audit_events').selectAll().execute(),
    );
    expect(await foreign).toEqual([]);
    expect(genesisHead(other.accountId).hash).not.toBe(genesisHead(account.accountId).hash);
  });
});
