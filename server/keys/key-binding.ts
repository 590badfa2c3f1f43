/** Whose key: an account's, or a project's in it. */
export type KeyScope = { readonly accountId: string; readonly projectId?: string };

/** A key in a KMS, by the provider's id and the key's id within it. */
export type WrappingKey = { readonly providerId: string; readonly keyId: string };

/** Whether a wrapping key may be used. `destroyed` stays: what it sealed is gone. */
export type KeyState = 'enabled' | 'disabled' | 'destroyed';

/** What somebody decided about the key of an account or a project. */
export type KeyBinding = {
  /** Absent: the level above decides. */
  readonly wrappingKey?: WrappingKey;
  readonly state: KeyState;
  readonly changedAt: Date;
};

/** The bindings that count for a scope; `project` only for a project. Absent: the key of the level above, enabled. */
export type KeyBindings = { readonly account?: KeyBinding; readonly project?: KeyBinding };

/** An account or a project as somebody sees it who asks for its key. */
export type KeyOwner = { readonly name: string; readonly bindings: KeyBindings; readonly mayManage: boolean };

/** Port: the bindings. */
export type KeyBindingStore = {
  find(scope: KeyScope): Promise<KeyBindings>;
  /** The projects of the account that have a key of their own, whatever their state. */
  projectsWithOwnKey(accountId: string): Promise<ReadonlySet<string>>;
  /** Whether anybody but this very scope is bound to the key: the account, a project of it, or another account's. */
  isBoundElsewhere(scope: KeyScope, key: WrappingKey): Promise<boolean>;
  /** What this person sees. Undefined when the account or project is not there, or not for them. */
  look(scope: KeyScope, userId: string): Promise<KeyOwner | undefined>;
  /**
   * Reads the scope's own binding, and keeps everybody else from changing one in the account until the transaction around it ends.
   * What is put is made of this: others may have decided something since it was last looked at.
   */
  lock(scope: KeyScope, userId: string): Promise<KeyBinding | undefined>;
  /**
   * Puts the binding in place of what there is. Part of the transaction around it (see `Database`), so that it and its audit event are one: a
   * person's transaction lets only those through who manage that key.
   * @throws AppError `not-found` when the project is not there; `permission-denied` for somebody who does not manage the key.
   */
  put(scope: KeyScope, binding: KeyBinding, userId: string): Promise<void>;
};
