import { sql } from 'kysely';
import { notFound } from '../core/index.ts';
import { type Database, type DatabaseTransaction, isForeignKeyViolation } from '../database/index.ts';
import { wrappingKeyIdOf } from './applicable-key.ts';
import type { KeyBinding, KeyBindingStore, KeyBindings, KeyScope, WrappingKey } from './key-binding.ts';

/** Keeps bindings in the table `key_bindings`. */
export function createSqlKeyBindingStore(database: Database): KeyBindingStore {
  return {
    find: (scope: KeyScope) =>
      database.inAccount({ accountId: scope.accountId }, (transaction) => bindingsOf(transaction, scope)),
    async projectsWithOwnKey(accountId: string) {
      const rows = await database.inAccount({ accountId }, (transaction) =>
        transaction
          .selectFrom('key_bindings')
          .select('project_id')
          .where('account_id', '=', accountId)
          .where('project_id', 'is not', null)
          .where('provider_id', 'is not', null)
          .execute(),
      );
      return new Set(rows.flatMap(({ project_id }) => (project_id === null ? [] : [project_id])));
    },
    async isBoundElsewhere({ accountId, projectId }: KeyScope, key: WrappingKey) {
      const rows = await database.withPresented(wrappingKeyIdOf(key), (transaction) =>
        transaction
          .selectFrom('key_bindings')
          .select(['account_id', 'project_id'])
          .where('provider_id', '=', key.providerId)
          .where('key_id', '=', key.keyId)
          .execute(),
      );
      return rows.some(({ account_id, project_id }) => account_id !== accountId || project_id !== (projectId ?? null));
    },
    look: (scope: KeyScope, userId: string) =>
      database.inAccount({ accountId: scope.accountId, userId }, async (transaction) => {
        const owner = await selectOwner(transaction, scope);
        if (owner === undefined) return undefined;
        return { name: owner.name, mayManage: owner.may_manage, bindings: await bindingsOf(transaction, scope) };
      }),
    lock: (scope: KeyScope, userId: string) =>
      database.inAccount({ accountId: scope.accountId, userId }, async (transaction) => {
        // The project before the keys, as whoever destroys keys or deletes a project does: the binding's row will refer to the project.
        if (scope.projectId !== undefined)
          await sql`select keep_project(${scope.projectId}::uuid)`.execute(transaction);
        await sql`select lock_keys(true)`.execute(transaction);
        const { account, project } = await bindingsOf(transaction, scope);
        return scope.projectId === undefined ? account : project;
      }),
    async put({ accountId, projectId }: KeyScope, binding: KeyBinding, userId: string) {
      const { wrappingKey, state, changedAt } = binding;
      const values = {
        provider_id: wrappingKey?.providerId ?? null,
        key_id: wrappingKey?.keyId ?? null,
        state,
        changed_at: changedAt,
        changed_by: userId,
      };
      try {
        await database.inAccount({ accountId, userId }, (transaction) =>
          transaction
            .insertInto('key_bindings')
            .values({ account_id: accountId, project_id: projectId ?? null, ...values })
            .onConflict((conflict) => conflict.columns(['account_id', 'project_id']).doUpdateSet(values))
            .execute(),
        );
      } catch (error) {
        if (isForeignKeyViolation(error)) throw notFound('project', projectId ?? '');
        throw error;
      }
    },
  };
}

/** What counts for a scope, in a transaction of anybody who may see it. */
export async function bindingsOf(transaction: DatabaseTransaction, scope: KeyScope): Promise<KeyBindings> {
  const rows = await transaction
    .selectFrom('key_bindings')
    .selectAll()
    .where('account_id', '=', scope.accountId)
    .where((where) =>
      scope.projectId === undefined
        ? where('project_id', 'is', null)
        : where.or([where('project_id', 'is', null), where('project_id', '=', scope.projectId)]),
    )
    .execute();
  const account = rows.find(({ project_id }) => project_id === null);
  const project = rows.find(({ project_id }) => project_id !== null);
  return {
    ...(account === undefined ? {} : { account: asBinding(account) }),
    ...(project === undefined ? {} : { project: asBinding(project) }),
  };
}

function selectOwner(transaction: DatabaseTransaction, { accountId, projectId }: KeyScope) {
  if (projectId === undefined) {
    return transaction
      .selectFrom('accounts')
      .select(['name', sql<boolean>`manages_key(null)`.as('may_manage')])
      .where('id', '=', accountId)
      .executeTakeFirst();
  }
  return transaction
    .selectFrom('projects')
    .select(['name', sql<boolean>`coalesce(manages_key(${projectId}::uuid), false)`.as('may_manage')])
    .where('account_id', '=', accountId)
    .where('id', '=', projectId)
    .executeTakeFirst();
}

function asBinding(row: {
  readonly provider_id: string | null;
  readonly key_id: string | null;
  readonly state: KeyBinding['state'];
  readonly changed_at: Date;
}): KeyBinding {
  const { provider_id: providerId, key_id: keyId, state, changed_at: changedAt } = row;
  return { state, changedAt, ...(providerId === null || keyId === null ? {} : { wrappingKey: { providerId, keyId } }) };
}
