import {
  type Actor,
  AppError,
  type Clock,
  hashCredential,
  isId,
  newCredential,
  newId,
  notFound,
  Secret,
} from '../core/index.ts';
import type { ApiKeyRecord, IdentityStore, PresentedApiKey } from './identity-store.ts';
import { LAST_USE_RESOLUTION_MS } from './login-sessions.ts';

/** Every API key begins with this, so that scanners of source code can find one that was left there. */
export const API_KEY_PREFIX = 'cl_';
const SHOWN_CHARACTERS = 10;

/** What people see of an API key. */
export type ApiKey = Pick<ApiKeyRecord, 'id' | 'name' | 'prefix' | 'createdAt' | 'lastUsedAt'>;

/** A user's API keys: shown once, kept as a hash. */
export class ApiKeys {
  readonly #store: IdentityStore;
  readonly #clock: Clock;

  constructor(store: IdentityStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async create(actor: Actor, name: string): Promise<{ apiKey: ApiKey; key: Secret }> {
    const key = newCredential(API_KEY_PREFIX);
    const record: ApiKeyRecord = {
      id: newId(),
      accountId: actor.accountId,
      userId: actor.userId,
      name,
      prefix: key.slice(0, SHOWN_CHARACTERS),
      keyHash: hashCredential(key),
      createdAt: this.#clock.now(),
      lastUsedAt: null,
    };
    await this.#store.addApiKey(record);
    return { apiKey: toApiKey(record), key: new Secret(key) };
  }

  async list(actor: Actor): Promise<readonly ApiKey[]> {
    return (await this.#store.listApiKeys(actor)).map(toApiKey);
  }

  async delete(actor: Actor, id: string): Promise<void> {
    if (!isId(id) || !(await this.#store.deleteApiKey(actor, id))) throw notFound('API key', id);
  }

  /** @throws AppError `unauthenticated` (reason `api-key-not-valid`). */
  async recordOf(key: Secret): Promise<PresentedApiKey> {
    const record = await this.#store.findApiKeyByHash(hashCredential(key.expose()));
    if (record === undefined) {
      throw new AppError(
        'unauthenticated',
        'The API key is not valid. Create one under API keys, or with `cloister api-key create`.',
        {
          details: { reason: 'api-key-not-valid' },
        },
      );
    }
    const now = this.#clock.now();
    if (record.lastUsedAt === null || now.getTime() - record.lastUsedAt.getTime() >= LAST_USE_RESOLUTION_MS) {
      await this.#store.touchApiKey(record, now);
    }
    return record;
  }
}

function toApiKey({ id, name, prefix, createdAt, lastUsedAt }: ApiKeyRecord): ApiKey {
  return { id, name, prefix, createdAt, lastUsedAt };
}
