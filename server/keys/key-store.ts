import type { KeyBindings, KeyScope } from './key-binding.ts';

/** Whose keys: the tenant and its project. */
export type ProjectScope = { readonly accountId: string; readonly projectId: string };

/** A project key as it is kept: wrapped, with the name of what wrapped it. */
export type ProjectKeyRecord = {
  readonly id: string;
  readonly accountId: string;
  readonly projectId: string;
  /** `<provider id>:<key id>`, so that a key is never handed to a KMS that did not wrap it. */
  readonly wrappingKeyId: string;
  readonly wrappedKey: Uint8Array;
  readonly createdAt: Date;
  /** When it was wrapped by what wraps it now, and by which version of that, where the KMS tells. */
  readonly wrappedAt: Date;
  readonly wrappingKeyVersion?: number;
};

/** What a rewrap changes of a project key; the key itself stays what it is. */
export type NewWrapping = Pick<ProjectKeyRecord, 'wrappingKeyId' | 'wrappedKey' | 'wrappedAt' | 'wrappingKeyVersion'>;

/**
 * Whether what wrapped a project key is still the key of its project. A store asks it of the bindings at the moment in which it keeps the
 * wrapping, and nobody binds another key until it is kept: so none stays with an earlier key once a binding says that nothing remains there.
 */
export type StillApplies = (bindings: KeyBindings) => boolean;

/** What went with keys that were destroyed. */
export type Destruction = { readonly projects: number };

/** Keeps wrapped project keys. A record that was deleted is gone for good: that is how a project is crypto-shredded. */
export type KeyStore = {
  /**
   * Keeps a new key, unless the account's or the project's key was disabled or destroyed by then, or another one was bound: nothing is saved
   * past a destruction.
   * @returns false when it was
   * @throws AppError `not-found` when the project is not there (any more).
   */
  insert(record: ProjectKeyRecord, stillApplies: StillApplies): Promise<boolean>;
  /** The key with this id, if it belongs to this project. */
  find(scope: ProjectScope, id: string): Promise<ProjectKeyRecord | undefined>;
  /** The key that seals new objects: the newest. Undefined when the project has none. */
  findCurrent(scope: ProjectScope): Promise<ProjectKeyRecord | undefined>;
  /** Every key of a project, or of all projects of an account, the oldest first. */
  list(scope: KeyScope): Promise<readonly ProjectKeyRecord[]>;
  /**
   * Keeps the same key under another wrapping, where it is still wrapped as `record` says and that is to be so.
   * @returns false when it is not: somebody else wrapped it anew, or bound another key, or it is gone.
   */
  replaceWrapped(record: ProjectKeyRecord, wrapping: NewWrapping, stillApplies: StillApplies): Promise<boolean>;
  /** Deletes all keys of the project. No error when there are none. */
  deleteAll(scope: ProjectScope): Promise<void>;
  /**
   * Deletes all keys of the project or the account, and with them the rows of what they sealed. Part of the transaction around it, with the
   * binding that says so; a person's transaction reaches only the keys that they manage.
   */
  destroy(scope: KeyScope, userId: string): Promise<Destruction>;
  /** True when something in this deployment may already be wrapped, so that the root key must not be made anew. */
  mayHoldSealedData(): Promise<boolean>;
};
