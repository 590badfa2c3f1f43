import { timingSafeEqual } from 'node:crypto';
import type { Audit } from '../../audit/index.ts';
import {
  AppError,
  type Clock,
  hashCredential,
  invalidField,
  newCredential,
  newId,
  type Secret,
} from '../../core/index.ts';
import { hashPassword } from '../sign-in/password.ts';
import type { Account, Member, MemberStore, Membership } from './member-store.ts';

const TOKEN_LIFETIME_MS = 24 * 60 * 60 * 1000;

export type NewAdministrator = {
  readonly accountName: string;
  readonly name: string;
  readonly email: string;
  readonly password: Secret;
};

/** Makes the first account and its owner, by the one-time link or from the settings. */
export class SetUp {
  readonly #store: MemberStore;
  readonly #audit: Audit;
  readonly #clock: Clock;
  /** In memory only: a restart makes a new link, and no copy of the data directory holds one. */
  #token: { readonly hash: string; readonly expiresAtMs: number } | undefined;

  constructor(options: { store: MemberStore; audit: Audit; clock: Clock }) {
    this.#store = options.store;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  async isDone(): Promise<boolean> {
    return (await this.#store.findAdministrator()) !== undefined;
  }

  /** A new one-time token, which replaces an earlier one; undefined once the deployment is set up. */
  async newToken(): Promise<string | undefined> {
    if (await this.isDone()) return undefined;
    const token = newCredential('setup_');
    this.#token = { hash: hashCredential(token), expiresAtMs: this.#clock.now().getTime() + TOKEN_LIFETIME_MS };
    return token;
  }

  /**
   * @throws AppError `permission-denied` when the token is not the one that was printed last, was used, or is older than a day;
   *   `failed-precondition` when somebody else was first.
   */
  async byToken(token: Secret, administrator: NewAdministrator): Promise<Membership> {
    if (!this.#isToken(token)) {
      throw new AppError(
        'permission-denied',
        'This set-up link is not valid (any more). Start the server again: it prints a new one.',
        {
          details: { reason: 'set-up-link-not-valid' },
        },
      );
    }
    const membership = await this.#create(administrator);
    this.#token = undefined;
    if (membership === undefined)
      throw new AppError('failed-precondition', 'Somebody has set this deployment up already. Sign in instead.');
    return membership;
  }

  /** Does nothing when the deployment is set up already. */
  async unattended(administrator: NewAdministrator): Promise<void> {
    if (!(await this.isDone())) await this.#create(administrator);
  }

  async #create({ accountName, name, email, password }: NewAdministrator): Promise<Membership | undefined> {
    const address = email.trim().toLowerCase();
    if (!address.includes('@')) throw invalidField('email', 'must be an e-mail address');
    const passwordHash = await hashPassword(password);
    const createdAt = this.#clock.now();
    const account = { id: newId(), name: accountName, createdAt };
    const owner: Member = {
      id: newId(),
      accountId: account.id,
      kind: 'person',
      email: address,
      name,
      description: '',
      role: 'owner',
      passwordHash,
      passwordChangedAt: createdAt,
      suspendedAt: null,
      createdAt,
    };
    return this.#createAndRecord(account, owner);
  }

  async #createAndRecord(account: Account, owner: Member): Promise<Membership | undefined> {
    const membership = { accountId: account.id, userId: owner.id };
    const actor = { ...membership, via: 'one-time-link' } as const;
    const creation = { action: 'account.create', target: { type: 'account', id: account.id } } as const;
    const joining = {
      action: 'person.join',
      target: { type: 'person', id: owner.id },
      details: { role: owner.role, method: 'password' },
    } as const;
    try {
      await this.#audit.change(actor, joining, () =>
        this.#audit.change(actor, creation, async () => {
          if (!(await this.#store.createFirstAccount(account, owner))) throw new SomebodyElseWasFirst();
        }),
      );
      return membership;
    } catch (error) {
      if (error instanceof SomebodyElseWasFirst) return undefined;
      throw error;
    }
  }

  #isToken(token: Secret): boolean {
    const expected = this.#token;
    if (expected === undefined || this.#clock.now().getTime() > expected.expiresAtMs) return false;
    return timingSafeEqual(Buffer.from(hashCredential(token.expose())), Buffer.from(expected.hash));
  }
}

/** Takes the transaction back in which there was nothing to do, so that there is no event of it either. */
class SomebodyElseWasFirst extends Error {}
