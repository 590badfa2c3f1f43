import { afterEach, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import type { DatabaseTransaction } from '../../database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import { SqlMemberStore } from '../members/sql-member-store.ts';
import { MemoryMemberStore } from '../memory-identity-stores.ts';
import { MemorySecondFactorStore, MemorySignInStepStore } from './memory-second-factor-stores.ts';
import { secondFactorStoreConformance } from './second-factor-store.conformance.ts';
import { SqlSecondFactorStore } from './sql-second-factor-store.ts';
import { SqlSignInStepStore } from './sql-sign-in-step-store.ts';

secondFactorStoreConformance('memory', async () => {
  const members = new MemoryMemberStore();
  return { members, steps: new MemorySignInStepStore(), secondFactors: new MemorySecondFactorStore(members) };
});

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});

secondFactorStoreConformance('PostgreSQL', async () => {
  database = await createTestDatabase();
  return {
    members: new SqlMemberStore(database),
    steps: new SqlSignInStepStore(database),
    secondFactors: new SqlSecondFactorStore(database),
  };
});

it('shows nobody a step in PostgreSQL who does not present its token, but the person that it is about', async () => {
  database = await createTestDatabase();
  const steps = new SqlSignInStepStore(database);
  const membership = await newMembership(new SqlMemberStore(database));
  await steps.add(
    {
      id: newId(),
      tokenHash: 'hash-of-a',
      purpose: 'second-factor',
      membership,
      data: {},
      failures: 0,
      expiresAt: new Date(Date.now() + 60_000),
    },
    new Date(),
  );
  const lookIn = (transaction: DatabaseTransaction) => transaction.selectFrom('sign_in_steps').selectAll().execute();
  expect(await database.inDeployment(lookIn)).toEqual([]);
  const { accountId } = membership;
  for (const scope of [{ accountId }, { accountId, userId: newId() }, { ...membership, accountId: newId() }])
    expect(await database.inAccount(scope, lookIn)).toEqual([]);
  expect(await database.inAccount(membership, lookIn)).toHaveLength(1);
  expect(await database.withPresented('hash-of-b', lookIn)).toEqual([]);
  expect(await database.withPresented('hash-of-a', lookIn)).toHaveLength(1);
});

async function newMembership(members: SqlMemberStore) {
  const [accountId, userId, createdAt] = [newId(), newId(), new Date()];
  await members.addAccount({ id: accountId, name: 'Hospital', createdAt });
  await members.addMember(
    { accountId },
    {
      ...{
        id: userId,
        accountId,
        kind: 'person',
        email: 'ada@example.org',
        name: 'Ada',
        description: '',
        role: 'owner',
      },
      ...{ passwordHash: null, passwordChangedAt: null, suspendedAt: null, createdAt },
    },
  );
  return { accountId, userId };
}
