/** Whose keys: the tenant and its project. */
export type ProjectScope = { readonly accountId: string; readonly projectId: string };

/** A project key as it is kept: wrapped, with the name of what wrapped it. */
export type ProjectKeyRecord = {
  readonly id: string;
  readonly accountId: string;
  readonly projectId: string;
  /** `<provider name>:<key id>`, so that a key is never handed to a KMS that did not wrap it. */
  readonly wrappingKeyId: string;
  readonly wrappedKey: Uint8Array;
  readonly createdAt: Date;
  /** When it was wrapped by what wraps it now, and by which version of that, where the KMS tells. */
  readonly wrappedAt: Date;
  readonly wrappingKeyVersion?: number;
};

/** Keeps wrapped project keys. A record that was deleted is gone for good: that is how a project is crypto-shredded. */
export type KeyStore = {
  /**
   * Keeps a new key.
   * @throws AppError `not-found` when the project is not there (any more).
   */
  insert(record: ProjectKeyRecord): Promise<void>;
  /** The key with this id, if it belongs to this project. */
  find(scope: ProjectScope, id: string): Promise<ProjectKeyRecord | undefined>;
  /** The key that seals new objects: the newest. Undefined when the project has none. */
  findCurrent(scope: ProjectScope): Promise<ProjectKeyRecord | undefined>;
  /** Deletes all keys of the project. No error when there are none. */
  deleteAll(scope: ProjectScope): Promise<void>;
  /** True when something in this deployment may already be wrapped, so that the root key must not be made anew. */
  mayHoldSealedData(): Promise<boolean>;
};
