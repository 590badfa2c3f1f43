import type { KeyState } from '../core/index.ts';

/** Whose key: an account's, or a project's in it. */
export type KeyScope = { readonly accountId: string; readonly projectId?: string };

/** A key in a KMS, by the provider's id and the key's id within it. */
export type WrappingKey = { readonly providerId: string; readonly keyId: string };

/** What somebody decided about the key of an account or a project. */
export type KeyBinding = {
  /** Absent: the level above decides. */
  readonly wrappingKey?: WrappingKey;
  readonly state: KeyState;
  readonly changedAt: Date;
};

/** Port: the bindings. A scope without one has the key of the level above, enabled. */
export type KeyBindingStore = {
  find(scope: KeyScope): Promise<KeyBinding | undefined>;
  /**
   * Puts the binding in place of what there is; `undefined` takes it away. Part of the transaction around it (see `Database`), so that it and
   * its audit event are one: a person's transaction lets only those through who manage that key.
   * @throws AppError `not-found` when the project is not there; `permission-denied` for somebody who does not manage the key.
   */
  put(scope: KeyScope, binding: KeyBinding | undefined, changedBy: string): Promise<void>;
};
