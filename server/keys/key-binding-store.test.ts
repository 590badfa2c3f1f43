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
