import type { Audit } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type Clock,
  type CredentialScope,
  hashCredential,
  invalidField,
  isId,
  newCredential,
  newId,
  notFound,
  Secret,
} from '../../core/index.ts';
import type { AccessStore } from '../access/access-store.ts';
import type { ApiKeyRecord, CredentialStore, WithRole } from './credential-store.ts';
import { LAST_USE_RESOLUTION_MS } from './login-sessions.ts';

/** Every API key begins with this, so that scanners of source code can find one that was left there. */
export const API_KEY_PREFIX = 'cl_';
const SHOWN_CHARACTERS = 10;

/** What people see of an API key. */
export type ApiKey = Pick<ApiKeyRecord, 'id' | 'name' | 'prefix' | 'scope' | 'createdAt' | 'expiresAt' | 'lastUsedAt'>;

export type NewApiKey = {
  readonly name: string;
  readonly scope?: CredentialScope;
  /** Null: it does not expire. */
  readonly expiresAt?: Date | null;
};

/**
 * API keys of people and of service IDs: shown once, kept as a hash. Every method trusts its caller to have asked whether the actor may do
 * it for that owner.
 */
export class ApiKeys {
  readonly #store: CredentialStore;
  readonly #access: Pick<AccessStore, 'findProjectAccess'>;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    store: CredentialStore;
    access: Pick<AccessStore, 'findProjectAccess'>;
    audit: Audit;
    clock: Clock;
  }) {
    this.#store = options.store;
    this.#access = options.access;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  /** @throws AppError `not-found` for a project that neither the actor nor the owner has a part in; `invalid-argument` for a time that has passed. */
  async create(
    actor: Actor,
    ownerId: string,
    { name, scope = {}, expiresAt = null }: NewApiKey,
  ): Promise<{ apiKey: ApiKey; key: Secret }> {
    if (expiresAt !== null && expiresAt <= this.#clock.now()) throw invalidField('expiresAt', 'must be in the future');
    requireNoLongerLife(actor, expiresAt);
    await this.#requireProject(actor, ownerId, scope.projectId);
    const { key, keyHash, prefix } = newSecret();
    const record: ApiKeyRecord = {
      id: newId(),
      accountId: actor.accountId,
      userId: ownerId,
      name,
      prefix,
      keyHash,
      scope: limitsOf(scope),
      createdBy: actor.userId,
      createdAt: this.#clock.now(),
      expiresAt,
      lastUsedAt: null,
    };
    const event = {
      action: 'api-key.create',
      target: { type: 'api-key', id: record.id },
      ...(scope.projectId === undefined ? {} : { projectId: scope.projectId }),
      details: { userId: ownerId },
    } as const;
    await this.#audit.change(actor, event, () => this.#store.addApiKey(actor, record));
    return { apiKey: toApiKey(record), key };
  }

  async list(actor: Actor, ownerId: string): Promise<readonly ApiKey[]> {
    return (await this.#store.listApiKeys(actor, ownerId)).map(toApiKey);
  }

  /** Gives the key a new secret; the old one, and the access tokens that were had for it, stop working at once. */
  async rotate(actor: Actor, ownerId: string, id: string): Promise<{ apiKey: ApiKey; key: Secret }> {
    const rotated = (await this.list(actor, ownerId)).find((candidate) => candidate.id === id);
    if (rotated === undefined) throw notFound('API key', id);
    requireNoLongerLife(actor, rotated.expiresAt);
    const { key, keyHash, prefix } = newSecret();
    const event = { action: 'api-key.rotate', target: { type: 'api-key', id }, details: { userId: ownerId } } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.replaceApiKeySecret(actor, ownerId, id, { keyHash, prefix })))
        throw notFound('API key', id);
    });
    return { apiKey: { ...rotated, prefix, lastUsedAt: null }, key };
  }

  /** Its access tokens stop working at once, too. */
  async delete(actor: Actor, ownerId: string, id: string): Promise<void> {
    if (!isId(id)) throw notFound('API key', id);
    const event = { action: 'api-key.delete', target: { type: 'api-key', id }, details: { userId: ownerId } } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.deleteApiKey(actor, ownerId, id))) throw notFound('API key', id);
    });
  }

  /** @throws AppError `unauthenticated`, reason `api-key-not-valid` (also one that has expired). */
  async recordOf(key: Secret): Promise<WithRole<ApiKeyRecord>> {
    const record = await this.#store.findApiKeyByHash(hashCredential(key.expose()));
    if (record === undefined || this.#isExpired(record)) throw apiKeyNotValid();
    await this.#touch(record);
    return record;
  }

  /**
   * The actor of an access token: undefined when its key has expired, is gone, or is not the one any more that it was.
   * @param isStill whether the key has the secret that the token was had for
   */
  async actorOfId(
    accountId: string,
    id: string,
    isStill: (record: ApiKeyRecord) => boolean,
  ): Promise<Actor | undefined> {
    const record = await this.#store.findApiKeyById(accountId, id);
    if (record === undefined || this.#isExpired(record) || !isStill(record)) return undefined;
    await this.#touch(record);
    return apiKeyActor(record, 'access-token');
  }

  async #requireProject({ accountId, userId }: Actor, ownerId: string, projectId: string | undefined): Promise<void> {
    if (projectId === undefined) return;
    for (const member of new Set([userId, ownerId])) {
      const isKnown =
        isId(projectId) && (await this.#access.findProjectAccess({ accountId, userId: member }, projectId));
      if (isKnown) return;
    }
    throw notFound('project', projectId);
  }

  async #touch(record: ApiKeyRecord): Promise<void> {
    const now = this.#clock.now();
    if (record.lastUsedAt !== null && now.getTime() - record.lastUsedAt.getTime() < LAST_USE_RESOLUTION_MS) return;
    await this.#store.touchApiKey(record, now);
  }

  #isExpired({ expiresAt }: ApiKeyRecord): boolean {
    return expiresAt !== null && expiresAt <= this.#clock.now();
  }
}

/** A key that ends makes none that lives longer: whoever found it would have found it for good. */
function requireNoLongerLife({ credentialExpiresAt }: Actor, expiresAt: Date | null): void {
  if (credentialExpiresAt === undefined || (expiresAt !== null && expiresAt <= credentialExpiresAt)) return;
  throw invalidField(
    'expiresAt',
    'must not be later than the end of the API key that asks. Sign in to make or rotate a key that lives longer.',
  );
}

/** Who acts with that key. */
export function apiKeyActor(record: WithRole<ApiKeyRecord>, via: 'api-key' | 'access-token'): Actor {
  const { accountId, userId, id, accountRole, scope, expiresAt } = record;
  const isLimited = Object.keys(scope).length > 0;
  return {
    accountId,
    userId,
    via,
    accountRole,
    credentialId: id,
    ...(expiresAt === null ? {} : { credentialExpiresAt: expiresAt }),
    ...(isLimited ? { scope } : {}),
  };
}

/** The same words for a key that is unknown, was deleted, has expired, or belongs to somebody else than the caller says. */
export function apiKeyNotValid(): AppError {
  return new AppError(
    'unauthenticated',
    'The API key is not valid. Create one under API keys, or with `cloister api-key create`.',
    { details: { reason: 'api-key-not-valid' } },
  );
}

/** Without what limits nothing, so that an unlimited key is one that has no limits. */
function limitsOf({ inferenceOnly, ...limits }: CredentialScope): CredentialScope {
  return inferenceOnly ? { ...limits, inferenceOnly } : limits;
}

function newSecret(): { key: Secret; keyHash: string; prefix: string } {
  const key = newCredential(API_KEY_PREFIX);
  return { key: new Secret(key), keyHash: hashCredential(key), prefix: key.slice(0, SHOWN_CHARACTERS) };
}

function toApiKey({ id, name, prefix, scope, createdAt, expiresAt, lastUsedAt }: ApiKeyRecord): ApiKey {
  return { id, name, prefix, scope, createdAt, expiresAt, lastUsedAt };
}
