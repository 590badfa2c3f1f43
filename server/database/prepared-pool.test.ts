import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

describe('transactions that do not wait for their beginning', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.ownerQuery('create table notes (id int primary key, note text)');
    await database.ownerQuery('grant select, insert on notes to cloister_server');
  });
  afterAll(() => database?.close());

  const scopeSeen = (accountId: string): Promise<string> =>
    database.inAccount({ accountId }, async (transaction) => {
      const { rows } = await sql<{ seen: string }>`select current_account_id()::text as seen`.execute(transaction);
      return rows[0]?.seen ?? '';
    });

  it('each see their own tenant, many more at once than there are connections', async () => {
    const accountIds = Array.from({ length: 400 }, newId);
    expect(await Promise.all(accountIds.map(scopeSeen))).toEqual(accountIds);
  });

  it('leave no tenant behind on their connection', async () => {
    await Promise.all(Array.from({ length: 40 }, () => scopeSeen(newId())));
    const seen = await Promise.all(
      Array.from({ length: 40 }, () =>
        database.inDeployment((transaction) =>
          sql<{ seen: string | null }>`select current_account_id()::text as seen`.execute(transaction),
        ),
      ),
    );
    expect(new Set(seen.map(({ rows }) => rows[0]?.seen))).toEqual(new Set([null]));
  });

  it('undo everything when one of their statements fails, and the connection goes on', async () => {
    const failing = database.inDeployment(async (transaction) => {
      await sql`insert into notes values (${1}, ${'first'})`.execute(transaction);
      await sql`insert into notes values (${1}, ${'again'})`.execute(transaction);
    });
    await expect(failing).rejects.toThrow();
    expect(await database.ownerQuery('select * from notes')).toEqual([]);
    expect(await scopeSeen(newId())).not.toBe('');
  });

  it('have written what they wrote when they resolve', async () => {
    for (let id = 10; id < 30; id += 1) {
      await database.inDeployment((transaction) =>
        sql`insert into notes values (${id}, ${'kept'})`.execute(transaction),
      );
      expect(await database.ownerQuery(`select id from notes where id = ${id}`)).toHaveLength(1);
    }
  });

  it('ask the caller to try again, once a connection at the most, when a table has changed under their plans', async () => {
    const read = () =>
      database.inDeployment((transaction) => sql`select * from notes where id = ${10}`.execute(transaction));
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 40 }, read));
    await database.ownerQuery('alter table notes add column more int');
    const faults: unknown[] = [];
    for (let round = 0; round < 80; round += 1) {
      await read().then(
        ({ rows }) => expect(rows).toEqual([{ id: 10, note: 'kept', more: null }]),
        (error: unknown) => faults.push(error),
      );
    }
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThan(40);
    for (const fault of faults) expect(fault).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 1 } });
  });
});
