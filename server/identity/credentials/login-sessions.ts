import type { Audit } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type Clock,
  hashCredential,
  isAppError,
  isId,
  newCredential,
  newId,
  notFound,
  Secret,
} from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { CredentialStore, LoginSessionRecord, SignInMethod, WithRole } from './credential-store.ts';

/** Writing the last use at every request would be a row a request; once a minute says enough. */
export const LAST_USE_RESOLUTION_MS = 60_000;

/** When a login session ends. */
export type LoginSessionEnds = {
  /** If nobody uses it any more. */
  readonly expiresAt: Date;
  /** In any case: no use of it puts that off. */
  readonly latestEndAt: Date;
};

export type LoginSession = { readonly token: Secret; readonly actor: Actor; readonly expiresAt: Date };

/** What people see of their sessions. */
export type LoginSessionInfo = Omit<LoginSessionRecord, 'tokenHash' | 'accountId' | 'userId'> & {
  /** Whether it is the one that asks. */
  readonly isCurrent: boolean;
};

/** Where somebody signs in from. */
export type RequestOrigin = {
  readonly address: string;
  /** From a closed list, for example "Firefox on Linux"; never what the client wrote. */
  readonly browser: string;
};

type Lifetimes = { readonly sessionIdleSeconds: number; readonly sessionAbsoluteSeconds: number };

/** The sessions of people who have signed in. */
export class LoginSessions {
  readonly #store: CredentialStore;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;

  constructor(options: { store: CredentialStore; audit: Audit; clock: Clock; lifetimes: Lifetimes }) {
    this.#store = options.store;
    this.#audit = options.audit;
    this.#clock = options.clock;
    this.#lifetimes = options.lifetimes;
  }

  /** Begins a session for somebody who has proved who they are. Always a new token, so a planted one is worth nothing. */
  async begin(
    { accountId, userId }: Membership,
    proof: { readonly method: SignInMethod; readonly hasSecondFactor: boolean },
    { address, browser }: RequestOrigin,
  ): Promise<LoginSession> {
    const token = newCredential('cls_');
    const createdAt = this.#clock.now();
    const expiresAt = new Date(createdAt.getTime() + this.#lifetimes.sessionAbsoluteSeconds * 1000);
    const id = newId();
    const actor: Actor = { accountId, userId, via: 'login-session', credentialId: id, address };
    await this.#audit.change(
      actor,
      { action: 'login-session.begin', target: { type: 'login-session', id }, details: { method: proof.method } },
      () =>
        this.#store.addLoginSession({
          id,
          accountId,
          userId,
          tokenHash: hashCredential(token),
          ...proof,
          address,
          browser,
          createdAt,
          lastUsedAt: createdAt,
          expiresAt,
        }),
    );
    return { token: new Secret(token), actor, expiresAt };
  }

  /**
   * @param isUse whether that is a person's doing, which puts the idle end off; a page that asks by itself lets it come
   * @throws AppError `unauthenticated` (reason `session-expired`) for an unknown, ended or expired session.
   */
  async actorOf(token: Secret, isUse = true): Promise<Actor> {
    const session = await this.#find(token);
    if (isUse) await this.#touch(session);
    return toActor(session);
  }

  /**
   * To ask is no use of the session.
   * @throws AppError `unauthenticated` as `actorOf` does
   */
  async endsOf(token: Secret): Promise<LoginSessionEnds> {
    const session = await this.#find(token);
    return { expiresAt: this.#endOf(session), latestEndAt: session.expiresAt };
  }

  /** Whether the session with that id is still there, for an access token that was had with it. */
  async actorOfId(accountId: string, id: string): Promise<Actor | undefined> {
    const session = await this.#store.findLoginSessionById(accountId, id);
    return session === undefined || this.#endOf(session) <= this.#clock.now() ? undefined : toActor(session);
  }

  /** Ends the session. Not an error when it has ended already. */
  async end(token: Secret): Promise<void> {
    const session = await this.#store.findLoginSession(hashCredential(token.expose()));
    if (session === undefined) return;
    await this.endById(toActor(session), session.id).catch((error: unknown) => {
      if (!isAppError(error, 'not-found')) throw error;
    });
  }

  /** The actor's own sessions that have not ended, last used first. */
  async list(actor: Actor): Promise<readonly LoginSessionInfo[]> {
    const now = this.#clock.now();
    return (await this.#store.listLoginSessions(actor))
      .filter((session) => this.#endOf(session) > now)
      .map(({ tokenHash: _, accountId: _account, userId: _user, ...session }) => ({
        ...session,
        isCurrent: session.id === actor.credentialId,
      }));
  }

  /** @throws AppError `not-found` */
  async endById(actor: Actor, id: string): Promise<void> {
    if (!isId(id)) throw notFound('login session', id);
    const event = { action: 'login-session.end', target: { type: 'login-session', id } } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.deleteLoginSession(actor, id))) throw notFound('login session', id);
    });
  }

  /** Ends a person's sessions, but not the one that the actor came with. @param userId whose; the caller has asked whether the actor may */
  async endAll(actor: Actor, userId: string = actor.userId): Promise<number> {
    const event = { action: 'login-session.end', target: { type: 'person', id: userId } } as const;
    const ended = await this.#audit.change(actor, event, () =>
      this.#store.deleteLoginSessions(actor, userId, actor.credentialId),
    );
    return ended.length;
  }

  async #find(token: Secret): Promise<WithRole<LoginSessionRecord>> {
    const session = await this.#store.findLoginSession(hashCredential(token.expose()));
    if (session === undefined || this.#endOf(session) <= this.#clock.now()) {
      if (session !== undefined) await this.#store.deleteLoginSession(session, session.id);
      throw new AppError('unauthenticated', 'You are not signed in, or your session has ended. Sign in again.', {
        details: { reason: 'session-expired' },
      });
    }
    return session;
  }

  async #touch(session: LoginSessionRecord): Promise<void> {
    const now = this.#clock.now();
    if (now.getTime() - session.lastUsedAt.getTime() < LAST_USE_RESOLUTION_MS) return;
    await this.#store.touchLoginSession(session, now);
  }

  #endOf({ lastUsedAt, expiresAt }: LoginSessionRecord): Date {
    return new Date(Math.min(lastUsedAt.getTime() + this.#lifetimes.sessionIdleSeconds * 1000, expiresAt.getTime()));
  }
}

function toActor({ accountId, userId, id, accountRole }: WithRole<LoginSessionRecord>): Actor {
  return { accountId, userId, via: 'login-session', credentialId: id, accountRole };
}
