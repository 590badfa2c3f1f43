import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let database: TestDatabase;
const [accountId, userId] = [newId(), newId()];

beforeAll(async () => {
  database = await createTestDatabase();
  await database.inAccount({ accountId }, (transaction) =>
    transaction.insertInto('accounts').values({ id: accountId, name: 'A', created_at: new Date() }).execute(),
  );
});
afterAll(() => database?.close());

describe('work inside other work of the same scope', () => {
  const scope = { accountId };
  const rename = (name: string) =>
    database.inAccount(scope, (transaction) => transaction.updateTable('accounts').set({ name }).execute());
  const nameNow = () =>
    database.inAccount(scope, async (transaction) => {
      const { name } = await transaction.selectFrom('accounts').select('name').executeTakeFirstOrThrow();
      return name;
    });

  it('is committed together with it', async () => {
    const seen = await database.inAccount(scope, async () => {
      await rename('inside');
      return nameNow();
    });
    expect([seen, await nameNow()]).toEqual(['inside', 'inside']);
  });

  it('is rolled back together with it', async () => {
    await rename('before');
    const failing = database.inAccount(scope, async () => {
      await rename('taken back');
      throw new Error('not after all');
    });
    await expect(failing).rejects.toThrow('not after all');
    expect(await nameNow()).toBe('before');
  });

  it('tells what PostgreSQL refuses in the same words as work by itself', async () => {
    const addAgain = () =>
      database.inAccount(scope, (transaction) =>
        transaction.insertInto('accounts').values({ id: accountId, name: 'B', created_at: new Date() }).execute(),
      );
    await expect(addAgain()).rejects.toMatchObject({ code: 'already-exists' });
    const seen = database.inAccount(scope, () => addAgain().catch((error: unknown) => Promise.reject({ seen: error })));
    await expect(seen).rejects.toMatchObject({ seen: { code: 'already-exists' } });
  });

  it('is refused when it asks for another scope, which would not see the same', async () => {
    for (const other of [
      () => database.inAccount({ accountId: newId() }, async () => {}),
      () => database.inAccount({ ...scope, userId }, async () => {}),
      () => database.withPresented('a-hash', async () => {}),
      () => database.inDeployment(async () => {}),
    ]) {
      await expect(database.inAccount(scope, other)).rejects.toThrow('a transaction of one scope');
    }
  });
});

describe('one account that asks for everything at once', () => {
  it.each([
    ['an account', 10, (work: () => Promise<void>) => database.inAccount({ accountId }, work)],
    ['whoever presents one credential', 5, (work: () => Promise<void>) => database.withPresented('a-hash', work)],
  ] as const)('%s leaves connections for the others', async (_, most, begin) => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let running = 0;
    const greedy = Array.from({ length: 40 }, () =>
      begin(() => {
        running += 1;
        return held;
      }),
    );
    try {
      for (let time = 0; time < 20; time += 1) {
        const other = newId();
        const seen = await database.inAccount({ accountId: other }, (transaction) =>
          transaction.selectFrom('accounts').select('id').execute(),
        );
        expect(seen).toEqual([]);
      }
      expect(running).toBe(most);
    } finally {
      letGo();
    }
    await Promise.all(greedy);
    expect(running).toBe(40);
  });
});
