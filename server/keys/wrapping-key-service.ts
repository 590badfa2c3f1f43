import type { Audit, AuditDetails, AuditEvent, DeletionEvent, SealedDigests } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  invalidField,
  isId,
  type Logger,
  loggableError,
  notFound,
} from '../core/index.ts';
import { applicableKey, requireProvider, stillAppliesFor } from './applicable-key.ts';
import { requireBindable, tryKey } from './bindable-key.ts';
import type {
  KeyBinding,
  KeyBindingStore,
  KeyBindings,
  KeyOwner,
  KeyScope,
  KeyState,
  WrappingKey,
} from './key-binding.ts';
import type { KeyService } from './key-service.ts';
import { keyDestroyed } from './key-states.ts';
import type { Destruction, KeyStore } from './key-store.ts';
import type { KmsProviderEntry, KmsProviders } from './kms-providers.ts';
import { createProjectKeyWrapping } from './project-key-wrapping.ts';
import { isWrappedBy, type Rewrap, rewrapProjectKeys } from './rewrap.ts';
import { keysUnder, mayMakeVersions, type WrappingKeyStatus, wrappingKeyStatus } from './wrapping-key-status.ts';

/** Whose key: a project's, or without one the account's of whoever asks. */
export type KeyTarget = { readonly projectId?: string };

/**
 * The life of the keys that wrap project keys: which one it is, and whether it may be used. The first argument is who asks; everything that
 * changes something is recorded with the change. No sealed object is read or written by any of it.
 *
 * All throw `not-found` for a project that the actor does not see. What changes something throws `failed-precondition` (`key-destroyed`) once
 * the key was destroyed, but for {@link enable} and {@link destroy}.
 */
export type WrappingKeyService = {
  /** The providers of which the actor's account may bind a key, the standard one first. */
  listProviders(actor: Actor): Promise<readonly KmsProviderEntry[]>;
  status(actor: Actor, target: KeyTarget): Promise<WrappingKeyStatus>;
  /**
   * Tries the key, binds it, and wraps the project keys by it.
   * @param request.keyId needed where the provider has no key for the account by itself
   * @throws AppError `invalid-argument` for a provider that is not the account's; what the provider throws when the key cannot be used.
   */
  bind(
    actor: Actor,
    target: KeyTarget,
    request: { readonly providerId: string; readonly keyId?: string },
  ): Promise<RewrappedKey>;
  /** Back to the key of the level above, which is tried first; wraps the project keys by it. */
  unbind(actor: Actor, target: KeyTarget): Promise<RewrappedKey>;
  /**
   * Makes a new version of the key where that is ours to do and nobody else is bound to the key, and wraps by the present version the project
   * keys that are not. Where a provider makes no versions, all are wrapped anew.
   * @throws AppError what the provider throws when it cannot be asked for the key, or makes no version.
   */
  rotate(actor: Actor, target: KeyTarget): Promise<RewrappedKey>;
  /** From then on nothing of it opens: here at once, on other servers within the cache's time. */
  disable(actor: Actor, target: KeyTarget): Promise<WrappingKeyStatus>;
  /** Everything opens again. After a destruction: starts over, and what is saved from then on is sealed by new project keys. */
  enable(actor: Actor, target: KeyTarget): Promise<WrappingKeyStatus>;
  /**
   * Deletes the wrapped project keys, with the rows of what they sealed; then the keys in memory, then the bytes. An account's: of all of its
   * projects. Assets stay as rows without content. The hourly sweep finishes what a crash has left of the bytes.
   * @param request.confirmation the name of the project or account, exactly
   * @throws AppError `invalid-argument` for another name.
   */
  destroy(actor: Actor, target: KeyTarget, request: { readonly confirmation: string }): Promise<DestroyedKey>;
};

/** `sealedObjects`: what they had sealed, as the receipt says it; `receipt`: a deletion receipt (JWS). */
export type DestroyedKey = Destruction & { readonly sealedObjects: number; readonly receipt: string };

/** The status after keys were wrapped anew, and how that went. */
export type RewrappedKey = { readonly status: WrappingKeyStatus; readonly rewrap: Rewrap };

/** Port: whoever keeps the bytes that destroyed keys sealed. */
export type SealedBytesOwner = {
  /** What the keys have sealed, for the receipt; an account's is only summed up. Part of the transaction around it, before the rows go. */
  digestsOfKey(scope: KeyScope & { readonly userId: string }): Promise<SealedDigests>;
  /**
   * Notes which bytes belong to what the keys have sealed. Part of the transaction around it, before the rows go.
   * @returns removes them, and nothing that was saved since. They open no more by then; what a failure leaves behind the hourly sweep takes.
   */
  noteStoredBytes(scope: KeyScope & { readonly userId: string }): Promise<() => Promise<void>>;
};

export function createWrappingKeyService(options: {
  readonly providers: KmsProviders;
  readonly store: KeyStore;
  readonly bindings: KeyBindingStore;
  readonly keys: Pick<KeyService, 'createProjectKey' | 'forget'>;
  readonly sealedBytes: SealedBytesOwner;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
}): WrappingKeyService {
  const { providers, store, bindings, keys, sealedBytes, authorize, audit, clock, logger } = options;
  const wrapping = createProjectKeyWrapping(options);

  /** What the database shows this person: policies hold, whatever a service has allowed. */
  async function look(actor: Actor, { projectId }: KeyTarget): Promise<KeyOwner & { readonly scope: KeyScope }> {
    const scope = { accountId: actor.accountId, ...(projectId === undefined ? {} : { projectId }) };
    const owner = projectId === undefined || isId(projectId) ? await bindings.look(scope, actor.userId) : undefined;
    if (owner === undefined) throw notFound('project', projectId ?? '');
    if (projectId === undefined && !owner.mayManage) throw roleTooLow();
    return { ...owner, scope };
  }

  async function authorizeChange(actor: Actor, target: KeyTarget) {
    const { projectId } = target;
    await authorize(
      actor,
      projectId === undefined ? { action: 'manage-account-key' } : { action: 'manage-project-key', projectId },
    );
    const owner = await look(actor, target);
    if (!owner.mayManage) throw roleTooLow();
    return owner;
  }

  /** For changes that make no sense once the key is gone. */
  async function authorizeUse(actor: Actor, target: KeyTarget) {
    const owner = await authorizeChange(actor, target);
    requireNotDestroyed(owner.scope, ownBinding(owner.scope, owner.bindings));
    return owner;
  }

  async function statusOf(scope: KeyScope): Promise<WrappingKeyStatus> {
    return wrappingKeyStatus(options, scope, await bindings.find(scope));
  }

  /** Wraps anew what is not wrapped by the key that applies now. @param everything also what is */
  async function rewrap(scope: KeyScope, everything: boolean): Promise<RewrappedKey> {
    const target = applicableKey(providers, scope.accountId, await bindings.find(scope));
    const version = await wrapping.presentVersion(target);
    const records = await keysUnder(options, scope);
    const stale = everything ? records : records.filter((record) => !isWrappedBy(record, target, version));
    const result = await rewrapProjectKeys({ store, wrapping, providers }, stale, target, version);
    const stillApplies = stillAppliesFor(providers, scope.accountId, target);
    // Somebody bound another key meanwhile, which is what counts.
    if (!stillApplies(await bindings.find(scope))) return rewrap(scope, false);
    if (result.fault !== undefined)
      logger.warn('project keys could not be wrapped anew; rotating again takes them up', {
        ...scope,
        count: result.remaining,
        error: loggableError(result.fault),
      });
    return { status: await statusOf(scope), rewrap: result };
  }

  async function setKey(actor: Actor, scope: KeyScope, { providerId }: WrappingKey, wrappingKey?: WrappingKey) {
    await audit.change(actor, eventOf('key.bind', scope, { keyProviderId: providerId }), async () => {
      const own = await bindings.lock(scope, actor.userId);
      requireNotDestroyed(scope, own);
      const { state = 'enabled' } = own ?? {};
      const bound = wrappingKey === undefined ? {} : { wrappingKey };
      await bindings.put(scope, { state, ...bound, changedAt: clock.now() }, actor.userId);
    });
    return rewrap(scope, false);
  }

  /** @returns what it was before */
  async function setState({ userId }: Actor, scope: KeyScope, state: KeyState): Promise<KeyState> {
    const own = await bindings.lock(scope, userId);
    if (state === 'disabled') requireNotDestroyed(scope, own);
    await bindings.put(scope, { ...own, state, changedAt: clock.now() }, userId);
    return own?.state ?? 'enabled';
  }

  /** @returns also what removes the bytes */
  async function destroyKeys(
    actor: Actor,
    scope: KeyScope,
  ): Promise<{ readonly destroyed: DestroyedKey; readonly removeBytes: () => Promise<void> }> {
    const by = { ...scope, userId: actor.userId };
    const { result, receipt } = await audit.purge(actor, eventOf('key.destroy', scope), async () => {
      const digests = await sealedBytes.digestsOfKey(by);
      await setState(actor, scope, 'destroyed');
      const removeBytes = await sealedBytes.noteStoredBytes(by);
      const { sealedObjects } = digests;
      const destroyed = { ...(await store.destroy(scope, actor.userId)), sealedObjects };
      return { digests, result: { destroyed, removeBytes } };
    });
    return { ...result, destroyed: { ...result.destroyed, receipt } };
  }

  return {
    async listProviders(actor) {
      await authorize(actor, { action: 'list-projects' });
      return providers.listFor(actor.accountId);
    },

    async status(actor, target) {
      const { projectId } = target;
      await authorize(
        actor,
        projectId === undefined ? { action: 'see-account-key' } : { action: 'see-project-key', projectId },
      );
      const { scope, bindings: found } = await look(actor, target);
      return wrappingKeyStatus(options, scope, found);
    },

    async bind(actor, target, request) {
      const { scope } = await authorizeUse(actor, target);
      const wrappingKey = requireBindable(providers, scope.accountId, request);
      await tryKey(providers, wrappingKey, scope.accountId);
      return setKey(actor, scope, wrappingKey, wrappingKey);
    },

    async unbind(actor, target) {
      const { scope, bindings: found } = await authorizeUse(actor, target);
      const { account } = found;
      const above = scope.projectId === undefined || account === undefined ? {} : { account };
      const key = applicableKey(providers, scope.accountId, above);
      await tryKey(providers, key, scope.accountId);
      return setKey(actor, scope, key);
    },

    async rotate(actor, target) {
      const { scope, bindings: found } = await authorizeUse(actor, target);
      const key = applicableKey(providers, scope.accountId, found);
      const { provider } = requireProvider(providers, key.providerId);
      // One that is away refuses: it could not say whether it makes versions, either.
      await provider.describe(key.keyId);
      if (await mayMakeVersions(options, scope, key)) await provider.newVersion?.(key.keyId);
      await audit.change(actor, eventOf('key.rotate', scope, { keyProviderId: key.providerId }), async () => {
        const own = await bindings.lock(scope, actor.userId);
        requireNotDestroyed(scope, own);
        await bindings.put(scope, { state: 'enabled', ...own, changedAt: clock.now() }, actor.userId);
      });
      return rewrap(scope, provider.newVersion === undefined);
    },

    async disable(actor, target) {
      const { scope } = await authorizeUse(actor, target);
      await audit.change(actor, eventOf('key.disable', scope), () => setState(actor, scope, 'disabled'));
      keys.forget(scope);
      return statusOf(scope);
    },

    async enable(actor, target) {
      const { scope } = await authorizeChange(actor, target);
      const before = await audit.change(actor, eventOf('key.enable', scope), () => setState(actor, scope, 'enabled'));
      const { accountId, projectId } = scope;
      // An account's projects make theirs when they are first needed, and so does this one after a crash.
      if (before === 'destroyed' && projectId !== undefined) await keys.createProjectKey({ accountId, projectId });
      return statusOf(scope);
    },

    async destroy(actor, target, { confirmation }) {
      const { scope, name } = await authorizeChange(actor, target);
      if (confirmation !== name) {
        const what = scope.projectId === undefined ? 'account' : 'project';
        throw invalidField('confirmation', `must be the name of the ${what}, exactly as it is`);
      }
      const { destroyed, removeBytes } = await destroyKeys(actor, scope);
      keys.forget(scope);
      await removeBytes().catch((error: unknown) =>
        logger.warn('sealed bytes could not be removed; the next sweep tries again', {
          ...scope,
          error: loggableError(error),
        }),
      );
      return destroyed;
    },
  };
}

function ownBinding({ projectId }: KeyScope, { account, project }: KeyBindings): KeyBinding | undefined {
  return projectId === undefined ? account : project;
}

function requireNotDestroyed({ projectId }: KeyScope, own: KeyBinding | undefined): void {
  if (own?.state === 'destroyed') throw keyDestroyed(projectId === undefined ? 'account' : 'project');
}

function eventOf(
  action: Extract<AuditEvent['action'], `key.${string}`>,
  { accountId, projectId }: KeyScope,
  details?: AuditDetails,
): DeletionEvent {
  return {
    action,
    target: { type: 'key', id: projectId ?? accountId },
    ...(projectId === undefined ? {} : { projectId }),
    ...(details === undefined ? {} : { details }),
  };
}

function roleTooLow(): AppError {
  return new AppError('permission-denied', 'Your role does not reach that far.');
}
