import { isAppError } from '../core/index.ts';
import { type ApplicableKey, applicableKey } from './applicable-key.ts';
import type { KeyBindingStore, KeyBindings, KeyScope } from './key-binding.ts';
import type { KeyStore, ProjectKeyRecord } from './key-store.ts';
import type { WrappingKeyState } from './kms-provider.ts';
import type { KmsProviders } from './kms-providers.ts';
import { isWrappedBy } from './rewrap.ts';

/** What can be said of the key of an account or a project. */
export type WrappingKeyStatus = {
  readonly key: ApplicableKey;
  readonly bindings: KeyBindings;
  /** Undefined: the deployment has the provider no longer. */
  readonly provider?: { readonly displayName: string; readonly kind: string };
  /** What the provider says at this moment; `problem` is why it says nothing. */
  readonly atProvider: {
    readonly state: WrappingKeyState | 'unavailable';
    readonly keyVersion?: number;
    readonly problem?: string;
  };
  /** The project keys that this key is to wrap. */
  readonly projectKeys: {
    readonly total: number;
    readonly underThisKey: number;
    readonly lastWrappedAt?: Date;
  };
  readonly mayMakeVersions: boolean;
};

type Room = {
  readonly providers: KmsProviders;
  readonly store: Pick<KeyStore, 'list'>;
  readonly bindings: Pick<KeyBindingStore, 'projectsWithOwnKey' | 'isBoundElsewhere'>;
};

/** Asks the provider too, so it belongs into no transaction. A provider that does not answer is part of the status, not an error. */
export async function wrappingKeyStatus(
  room: Room,
  scope: KeyScope,
  bindings: KeyBindings,
): Promise<WrappingKeyStatus> {
  const key = applicableKey(room.providers, scope.accountId, bindings);
  const [atProvider, records] = await Promise.all([askProvider(room.providers, key), keysUnder(room, scope)]);
  const wrappedAt = records.map((record) => record.wrappedAt.getTime());
  const { keyVersion } = atProvider;
  const entry = room.providers.find(key.providerId);
  return {
    key,
    bindings,
    ...(entry === undefined ? {} : { provider: entry }),
    atProvider,
    projectKeys: {
      total: records.length,
      underThisKey: records.filter((record) => isWrappedBy(record, key, keyVersion)).length,
      ...(wrappedAt.length === 0 ? {} : { lastWrappedAt: new Date(wrappedAt.reduce((a, b) => Math.max(a, b))) }),
    },
    mayMakeVersions: await mayMakeVersions(room, scope, key),
  };
}

/** The project keys that the key of a scope is to wrap: for an account, those of the projects that have no key of their own. */
export async function keysUnder({ store, bindings }: Room, scope: KeyScope): Promise<readonly ProjectKeyRecord[]> {
  const records = await store.list(scope);
  if (scope.projectId !== undefined) return records;
  const apart = await bindings.projectsWithOwnKey(scope.accountId);
  return records.filter(({ projectId }) => !apart.has(projectId));
}

/** Nobody makes a version of a key that others have too: the level above, the deployment for its own secrets, or whoever else is bound to it. */
export async function mayMakeVersions(
  { providers, bindings }: Pick<Room, 'providers' | 'bindings'>,
  scope: KeyScope,
  key: ApplicableKey,
): Promise<boolean> {
  const { standard } = providers;
  if (scope.projectId !== undefined && key.boundAt !== 'project') return false;
  if (key.providerId === standard.id && key.keyId === standard.deploymentKeyId) return false;
  if (providers.find(key.providerId)?.provider.newVersion === undefined) return false;
  return !(await bindings.isBoundElsewhere(scope, key));
}

async function askProvider(
  providers: KmsProviders,
  { providerId, keyId }: ApplicableKey,
): Promise<WrappingKeyStatus['atProvider']> {
  const entry = providers.find(providerId);
  if (entry === undefined) {
    const problem = `This deployment has no key provider "${providerId}" any more. Its operator must give it back, or another key must be bound before.`;
    return { state: 'unavailable', problem };
  }
  try {
    return await entry.provider.describe(keyId);
  } catch (error) {
    if (isAppError(error)) return { state: 'unavailable', problem: error.message };
    throw error;
  }
}
