import type { Audit } from '../../audit/index.ts';
import { type Actor, AppError, type Clock, type Secret } from '../../core/index.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { RequestOrigin } from '../credentials/login-sessions.ts';
import type { MemberStore } from '../members/member-store.ts';
import type { OwnPassword } from './own-password.ts';

/** Somebody has just proved who they are for so long, after they signed in. */
const FRESH_MS = 15 * 60_000;

/** Asks people again who they are, before what changes their sign-in: a browser that was left open, or a stolen session, is not enough. */
export class Reauthentication {
  readonly #members: MemberStore;
  readonly #credentials: CredentialStore;
  readonly #ownPassword: OwnPassword;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    members: MemberStore;
    credentials: CredentialStore;
    ownPassword: OwnPassword;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#credentials = options.credentials;
    this.#ownPassword = options.ownPassword;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  /**
   * @throws AppError `invalid-argument` for a password that is missing or wrong, `resource-exhausted` after many guesses, and
   *   `failed-precondition` (reason `sign-in-anew`) for somebody without one who signed in a while ago.
   */
  async require(actor: Actor, password: Secret | undefined, origin: RequestOrigin): Promise<void> {
    const member = await this.#members.findMember(actor);
    if (member === undefined || member.passwordHash === null) return this.#requireFresh(actor);
    if (password === undefined) throw refused('password-needed', 'is needed for this: type it again');
    if (await this.#ownPassword.isRight(member, password)) return;
    await this.#audit.record(
      { ...actor, address: origin.address },
      {
        action: 'login-session.begin',
        target: { type: 'person', id: actor.userId },
        outcome: 'failure',
        details: { method: 'password' },
      },
    );
    throw refused('password-refused', 'is not right');
  }

  /**
   * For what adds to a sign-in: whoever has a session of somebody must not make themselves a way in that outlives it. Nobody is asked who has
   * just signed in. Throws as {@link require}.
   */
  async requireRecent(actor: Actor, password: Secret | undefined, origin: RequestOrigin): Promise<void> {
    await (password === undefined ? this.#requireFresh(actor) : this.require(actor, password, origin));
  }

  async #requireFresh({ accountId, credentialId }: Actor): Promise<void> {
    const session = credentialId && (await this.#credentials.findLoginSessionById(accountId, credentialId));
    if (session && this.#clock.now().getTime() - session.createdAt.getTime() <= FRESH_MS) return;
    throw new AppError('failed-precondition', 'Sign out, sign in again, and then do this: it was too long ago.', {
      details: { reason: 'sign-in-anew' },
    });
  }
}

/** How somebody signs in is theirs to change, in the browser: whoever has an API key of theirs must not take over their sign-in. */
export function requireLoginSession({ via }: Actor): void {
  if (via === 'login-session') return;
  throw new AppError(
    'permission-denied',
    'Sign in to the web pages for this: an API key can’t change how you sign in.',
    {
      details: { reason: 'login-session-needed' },
    },
  );
}

function refused(reason: 'password-needed' | 'password-refused', message: string): AppError {
  const details = { reason, fields: [{ field: 'password', message }] };
  return new AppError('invalid-argument', `The password ${message}.`, { details });
}
