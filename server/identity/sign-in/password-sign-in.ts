import type { Audit } from '../../audit/index.ts';
import { AppError, type Logger, loggableError, type Secret } from '../../core/index.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import type { Account, Member, MemberStore } from '../members/member-store.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import { isPassword } from './password.ts';

/** What somebody may be asked for after the password. */
export type SecondFactorMethod = 'totp' | 'passkey' | 'recovery-code';

/** The step that waits for the second factor. Its token is worth nothing by itself. */
export type SecondFactorStep = { readonly token: Secret; readonly methods: readonly SecondFactorMethod[] };

/** How far a sign-in has come. */
export type SignIn =
  | { readonly state: 'signed-in'; readonly session: LoginSession }
  | { readonly state: 'second-factor'; readonly step: SecondFactorStep }
  /** The same address and password open several accounts: which one? */
  | { readonly state: 'account-choice'; readonly accounts: readonly Account[] };

export type PasswordSignInRequest = {
  readonly email: string;
  readonly password: Secret;
  /** For somebody who has the same password in several accounts. */
  readonly accountId?: string;
  readonly origin: RequestOrigin;
};

/** What begins the second step; undefined for somebody who has no second factor. */
export type SecondFactorGate = { begin(member: Member): Promise<SecondFactorStep | undefined> };

/** At least so many passwords are checked at each attempt, so that the time does not tell whether an address is in no, one or two accounts. */
const FEWEST_CHECKS = 2;

/** Signing in with an e-mail address and a password. */
export class PasswordSignIn {
  readonly #members: MemberStore;
  readonly #sessions: LoginSessions;
  readonly #secondFactors: SecondFactorGate;
  readonly #throttle: GuessThrottle;
  readonly #audit: Audit;
  readonly #logger: Logger;

  constructor(options: {
    members: MemberStore;
    sessions: LoginSessions;
    secondFactors: SecondFactorGate;
    throttle: GuessThrottle;
    audit: Audit;
    logger: Logger;
  }) {
    this.#members = options.members;
    this.#sessions = options.sessions;
    this.#secondFactors = options.secondFactors;
    this.#throttle = options.throttle;
    this.#audit = options.audit;
    this.#logger = options.logger;
  }

  /**
   * @throws AppError `unauthenticated`, the same for an unknown address, a wrong password and somebody who is suspended;
   *   `resource-exhausted` after many guesses.
   */
  async signIn(request: PasswordSignInRequest): Promise<SignIn> {
    const proven = await this.prove(request);
    const [member] = proven;
    if (member === undefined) throw refused();
    if (proven.length > 1) return { state: 'account-choice', accounts: await this.#accountsOf(proven) };
    const step = await this.#secondFactors.begin(member);
    if (step !== undefined) return { state: 'second-factor', step };
    const proof = { method: 'password', hasSecondFactor: false } as const;
    const session = await this.#sessions.begin(membershipOf(member), proof, request.origin);
    return { state: 'signed-in', session };
  }

  /** Whoever has that address and that password, in whichever account; at least one. Throws as {@link signIn}. */
  async prove({ email, password, accountId, origin }: PasswordSignInRequest): Promise<readonly Member[]> {
    const name = email.trim().toLowerCase();
    this.#throttle.requireAllowed(name, origin.address);
    this.#throttle.recordAttempt(name, origin.address);
    const known = await this.#members.findPeopleByEmail(name);
    const hashes = known.map(({ passwordHash }) => passwordHash ?? undefined);
    while (hashes.length < FEWEST_CHECKS) hashes.push(undefined);
    const checks = await Promise.all(hashes.map((hash) => isPassword(password, hash)));
    const proven = known.filter(
      (member, index) =>
        checks[index] === true && member.suspendedAt === null && (accountId ?? member.accountId) === member.accountId,
    );
    if (proven.length === 0) {
      this.#recordFailure(known, origin);
      throw refused();
    }
    this.#throttle.recordSuccess(name, origin.address);
    return proven;
  }

  /** Not waited for: how long it takes would tell whether somebody has the address. */
  #recordFailure(known: readonly Member[], { address }: RequestOrigin): void {
    for (const { accountId, id } of known) {
      const actor = { accountId, userId: id, via: 'login-session', address } as const;
      const event = {
        action: 'login-session.begin',
        target: { type: 'person', id },
        outcome: 'failure',
        details: { method: 'password' },
      } as const;
      this.#audit.record(actor, event).catch((error: unknown) => {
        this.#logger.warn('a refused sign-in could not be recorded', { error: loggableError(error) });
      });
    }
  }

  async #accountsOf(members: readonly Member[]): Promise<readonly Account[]> {
    const accounts = await Promise.all(members.map(({ accountId }) => this.#members.findAccount(accountId)));
    return accounts.filter((account) => account !== undefined);
  }
}

function membershipOf({ accountId, id }: Member) {
  return { accountId, userId: id };
}

function refused(): AppError {
  return new AppError('unauthenticated', 'The e-mail address or the password is not right.', {
    details: { reason: 'sign-in-refused' },
  });
}
