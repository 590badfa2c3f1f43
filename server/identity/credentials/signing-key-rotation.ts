import type { Audit } from '../../audit/index.ts';
import { type Actor, AppError, type Clock, type Logger } from '../../core/index.ts';
import type { CredentialStore, SigningKeyPurpose } from './credential-store.ts';
import { NEVER, type SigningKeys } from './signing-keys.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Another server signs with the old key until it has read the new one; this is more than that, and than clocks differ. */
const MARGIN_MS = 5 * 60 * 1000;

/** Gives signing keys successors. What an old key signed is taken until it would have expired; what it signed in the audit log, for ever. */
export class SigningKeyRotation {
  readonly #keys: Readonly<Record<SigningKeyPurpose, SigningKeys>>;
  readonly #store: Pick<CredentialStore, 'deleteRetiredSigningKeys'>;
  readonly #audit: Pick<Audit, 'record'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: { readonly accessTokenSeconds: number; readonly signingKeyDays: number };

  constructor(options: {
    keys: Readonly<Record<SigningKeyPurpose, SigningKeys>>;
    store: Pick<CredentialStore, 'deleteRetiredSigningKeys'>;
    audit: Pick<Audit, 'record'>;
    clock: Clock;
    logger: Logger;
    settings: { readonly accessTokenSeconds: number; readonly signingKeyDays: number };
  }) {
    this.#keys = options.keys;
    this.#store = options.store;
    this.#audit = options.audit;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#settings = options.settings;
  }

  /** @throws AppError `permission-denied` to anybody but the operator at the control socket: the keys are the whole deployment's. */
  async rotate(actor: Actor, purpose: SigningKeyPurpose): Promise<string> {
    if (actor.via !== 'control-socket') {
      throw new AppError(
        'permission-denied',
        'Signing keys are rotated on the server itself: cloister keys rotate-signing-key',
      );
    }
    const id = await this.#rotate(purpose);
    // The keys are no account's, so they can't change in the transaction of an account's event.
    await this.#audit.record(actor, { action: 'signing-key.rotate', target: { type: 'signing-key', id } });
    return id;
  }

  /** Rotates the key of access tokens once it is old, and forgets those that nothing valid is signed with any more. */
  async rotateWhenDue(): Promise<void> {
    const { createdAt } = await this.#keys['access-token'].current();
    const now = this.#clock.now();
    if (now.getTime() - createdAt.getTime() >= this.#settings.signingKeyDays * DAY_MS) {
      await this.#rotate('access-token');
      this.#logger.info('the signing key of access tokens was rotated');
    }
    await this.#store.deleteRetiredSigningKeys(now);
  }

  #rotate(purpose: SigningKeyPurpose): Promise<string> {
    const lastUse = this.#clock.now().getTime() + this.#settings.accessTokenSeconds * 1000 + MARGIN_MS;
    return this.#keys[purpose].rotate(purpose === 'audit' ? NEVER : new Date(lastUse));
  }
}
