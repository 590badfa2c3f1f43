import { expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { createTestDatabase, type TestDatabase } from '../database/testing.ts';
import { type KeyBindingStoreHarness, keyBindingStoreConformance } from './key-binding-store.conformance.ts';
import { createMemoryKeyBindingStore } from './memory-key-binding-store.ts';
import { createSqlKeyBindingStore } from './sql-key-binding-store.ts';

type People = Awaited<ReturnType<KeyBindingStoreHarness['newProject']>>['people'];

const newPeople = (): People => ({ administrator: newId(), admin: newId(), viewer: newId() });

keyBindingStoreConformance('memory', async () => {
  const projects = new Map<string, { readonly accountId: string; readonly people: People }>();
  const store = createMemoryKeyBindingStore(({ accountId, projectId }, userId) => {
    const known = [...projects].find(([id, project]) => project.accountId === accountId && id === (projectId ?? id));
    if (known === undefined) return undefined;
    const { people } = known[1];
    if (projectId === undefined) return { name: 'A', mayManage: userId === people.administrator };
    if (userId !== people.admin && userId !== people.viewer) return undefined;
    return { name: 'P', mayManage: userId === people.admin };
  });
  return {
    store,
    async newProject() {
      const [accountId, projectId, people] = [newId(), newId(), newPeople()];
      projects.set(projectId, { accountId, people });
      return { accountId, projectId, people };
    },
    close: async () => {},
  };
});

keyBindingStoreConformance('SQL', async () => {
  const database = await createTestDatabase();
  return {
    store: createSqlKeyBindingStore(database),
    newProject: () => newProject(database),
    close: () => database.close(),
  };
});

it('lets a change of bindings wait for another one of the account, and then see it', async () => {
  const database = await createTestDatabase();
  try {
    const store = createSqlKeyBindingStore(database);
    const { accountId, projectId, people } = await newProject(database);
    const [scope, changedAt] = [{ accountId, projectId }, new Date()];
    const [locked, waiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = database.inAccount({ accountId, userId: people.admin }, async () => {
      expect(await store.lock(scope, people.admin)).toBeUndefined();
      locked.resolve();
      await waiting.promise;
      await store.put(scope, { state: 'destroyed', changedAt }, people.admin);
    });
    await locked.promise;
    const second = store.lock({ accountId }, people.administrator).then(() => store.lock(scope, people.admin));
    await waitForALock(database);
    waiting.resolve();
    await first;
    expect(await second).toMatchObject({ state: 'destroyed' });
  } finally {
    await database.close();
  }
});

async function waitForALock(database: TestDatabase): Promise<void> {
  for (;;) {
    const waits = await database.ownerQuery("select from pg_locks where locktype = 'advisory' and not granted");
    if (waits.length > 0) return;
  }
}

async function newProject(database: TestDatabase) {
  const [accountId, projectId, people] = [newId(), newId(), newPeople()];
  const addPerson = (id: string, role: string) =>
    database.ownerQuery(
      `insert into users (id, account_id, kind, email, name, role, created_at) values ($1, $2, 'person', $3, 'Ada', $4, now())`,
      [id, accountId, `${id}@example.org`, role],
    );
  const addMember = (id: string, role: string) =>
    database.ownerQuery(
      'insert into project_members (account_id, project_id, user_id, role, created_at) values ($1, $2, $3, $4, now())',
      [accountId, projectId, id, role],
    );
  await database.ownerQuery('insert into accounts (id, name, created_at) values ($1, $2, now())', [accountId, 'A']);
  await addPerson(people.administrator, 'administrator');
  await addPerson(people.admin, 'member');
  await addPerson(people.viewer, 'member');
  await database.ownerQuery(
    'insert into projects (id, account_id, name, created_by, created_at) values ($1, $2, $3, $4, now())',
    [projectId, accountId, 'P', people.admin],
  );
  await addMember(people.admin, 'admin');
  await addMember(people.viewer, 'viewer');
  return { accountId, projectId, people };
}
