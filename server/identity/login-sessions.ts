import { type Actor, AppError, type Clock, hashCredential, newCredential, newId, Secret } from '../core/index.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import type { IdentityStore, LoginSessionRecord, Membership } from './identity-store.ts';
import { isPassword } from './password.ts';

/** Writing the last use at every request would be a row a request; once a minute says enough. */
export const LAST_USE_RESOLUTION_MS = 60_000;

export type LoginSession = { readonly token: Secret; readonly actor: Actor; readonly expiresAt: Date };

type Lifetimes = { readonly sessionIdleSeconds: number; readonly sessionAbsoluteSeconds: number };

/** Signing in with a password, and the sessions that follow. */
export class LoginSessions {
  readonly #store: IdentityStore;
  readonly #throttle: GuessThrottle;
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;

  constructor(options: { store: IdentityStore; throttle: GuessThrottle; clock: Clock; lifetimes: Lifetimes }) {
    this.#store = options.store;
    this.#throttle = options.throttle;
    this.#clock = options.clock;
    this.#lifetimes = options.lifetimes;
  }

  /**
   * @param address the caller's network address, for throttling
   * @throws AppError `unauthenticated`, the same for an unknown address and a wrong password; `resource-exhausted` after many guesses.
   */
  async signIn(email: string, password: Secret, address: string): Promise<LoginSession> {
    const name = email.trim().toLowerCase();
    this.#throttle.requireAllowed(name, address);
    this.#throttle.recordAttempt(name, address);
    const user = await this.#store.findUserByEmail(name);
    const isRight = await isPassword(password, user?.passwordHash);
    const membership = user === undefined ? undefined : await this.#store.findFirstMembership(user.id);
    if (!isRight || membership === undefined) {
      throw new AppError('unauthenticated', 'The e-mail address or the password is not right.', {
        details: { reason: 'sign-in-refused' },
      });
    }
    this.#throttle.recordSuccess(name, address);
    return this.begin(membership);
  }

  /** Begins a session for somebody who has proved who they are. Always a new token, so a planted one is worth nothing. */
  async begin(membership: Membership): Promise<LoginSession> {
    const token = newCredential('cls_');
    const createdAt = this.#clock.now();
    const expiresAt = new Date(createdAt.getTime() + this.#lifetimes.sessionAbsoluteSeconds * 1000);
    await this.#store.addLoginSession({
      id: newId(),
      accountId: membership.accountId,
      userId: membership.userId,
      tokenHash: hashCredential(token),
      createdAt,
      lastUsedAt: createdAt,
      expiresAt,
    });
    return { token: new Secret(token), actor: toActor(membership), expiresAt };
  }

  /** @throws AppError `unauthenticated` (reason `session-expired`) for an unknown, ended or expired session. */
  async actorOf(token: Secret): Promise<Actor> {
    return toActor(await this.#find(token));
  }

  /** When the session ends if nobody uses it any more. */
  async expiryOf(token: Secret): Promise<Date> {
    return this.#endOf(await this.#find(token));
  }

  /** Ends the session. Not an error when it has ended already. */
  async end(token: Secret): Promise<void> {
    const session = await this.#store.findLoginSession(hashCredential(token.expose()));
    if (session !== undefined) await this.#store.deleteLoginSession(session);
  }

  async #find(token: Secret): Promise<LoginSessionRecord> {
    const session = await this.#store.findLoginSession(hashCredential(token.expose()));
    const now = this.#clock.now();
    if (session === undefined || this.#endOf(session) <= now) {
      if (session !== undefined) await this.#store.deleteLoginSession(session);
      throw new AppError('unauthenticated', 'You are not signed in, or your session has ended. Sign in again.', {
        details: { reason: 'session-expired' },
      });
    }
    if (now.getTime() - session.lastUsedAt.getTime() >= LAST_USE_RESOLUTION_MS) {
      await this.#store.touchLoginSession(session, now);
      return { ...session, lastUsedAt: now };
    }
    return session;
  }

  #endOf({ lastUsedAt, expiresAt }: LoginSessionRecord): Date {
    return new Date(Math.min(lastUsedAt.getTime() + this.#lifetimes.sessionIdleSeconds * 1000, expiresAt.getTime()));
  }
}

function toActor({ accountId, userId }: Membership): Actor {
  return { accountId, userId, via: 'login-session' };
}
