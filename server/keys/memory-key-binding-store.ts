import { AppError } from '../core/index.ts';
import { wrappingKeyIdOf } from './applicable-key.ts';
import type { KeyBinding, KeyBindingStore, KeyOwner, KeyScope, WrappingKey } from './key-binding.ts';

/** Who the accounts and projects of a memory store are, and who manages their keys. */
export type MemoryKeyOwners = (scope: KeyScope, userId: string) => Omit<KeyOwner, 'bindings'> | undefined;

/** Bindings in memory, for tests. */
export function createMemoryKeyBindingStore(
  owners: MemoryKeyOwners = () => ({ name: 'Name', mayManage: true }),
): KeyBindingStore {
  const bindings = new Map<string, KeyBinding & { readonly scope: KeyScope }>();
  const nameOf = ({ accountId, projectId }: KeyScope) => `${accountId}/${projectId ?? ''}`;

  async function find(scope: KeyScope) {
    const [account, project] = [
      bindings.get(nameOf({ accountId: scope.accountId })),
      scope.projectId === undefined ? undefined : bindings.get(nameOf(scope)),
    ].map((found) => {
      if (found === undefined) return undefined;
      const { scope: _, ...binding } = found;
      return binding;
    });
    return { ...(account === undefined ? {} : { account }), ...(project === undefined ? {} : { project }) };
  }

  return {
    find,
    async projectsWithOwnKey(accountId: string) {
      const own = [...bindings.values()].filter(
        ({ scope, wrappingKey }) => scope.accountId === accountId && wrappingKey !== undefined,
      );
      return new Set(own.flatMap(({ scope: { projectId } }) => (projectId === undefined ? [] : [projectId])));
    },
    async isBoundElsewhere(scope: KeyScope, key: WrappingKey) {
      return [...bindings].some(
        ([name, { wrappingKey }]) =>
          name !== nameOf(scope) && wrappingKey !== undefined && wrappingKeyIdOf(wrappingKey) === wrappingKeyIdOf(key),
      );
    },
    async look(scope: KeyScope, userId: string) {
      const owner = owners(scope, userId);
      return owner === undefined ? undefined : { ...owner, bindings: await find(scope) };
    },
    async lock(scope: KeyScope) {
      const { account, project } = await find(scope);
      return scope.projectId === undefined ? account : project;
    },
    async put(scope: KeyScope, binding: KeyBinding, userId: string) {
      if (owners(scope, userId)?.mayManage !== true) throw new AppError('permission-denied', 'Not yours to manage.');
      bindings.set(nameOf(scope), { ...binding, scope });
    },
  };
}
