import type { Audit } from '../../audit/index.ts';
import { AppError, type Clock, type Secret } from '../../core/index.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import type { SecretWrapper } from '../credentials/secret-wrapper.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import type { SecondFactorGate, SecondFactorMethod, SecondFactorStep } from './password-sign-in.ts';
import { hashRecoveryCode, totpStepOf } from './second-factor-codes.ts';
import type { SecondFactorStore } from './second-factor-store.ts';
import type { SignInSteps } from './sign-in-steps.ts';

const MOST_GUESSES = 5;

export type SecondFactorRequest = {
  readonly stepToken: Secret;
  readonly method: 'totp' | 'recovery-code';
  readonly code: string;
  readonly origin: RequestOrigin;
};

/** The second step of a sign-in, after the password, with a code. */
export class SecondFactorSignIn implements SecondFactorGate {
  readonly #members: MemberStore;
  readonly #store: SecondFactorStore;
  readonly #steps: SignInSteps;
  readonly #sessions: LoginSessions;
  readonly #wrapper: SecretWrapper;
  readonly #throttle: GuessThrottle;
  readonly #audit: Audit;
  readonly #clock: Clock;

  /** @param options.throttle one of its own: only people who know a password fill it, so nobody else can make it forget */
  constructor(options: {
    members: MemberStore;
    store: SecondFactorStore;
    steps: SignInSteps;
    sessions: LoginSessions;
    wrapper: SecretWrapper;
    throttle: GuessThrottle;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#store = options.store;
    this.#steps = options.steps;
    this.#sessions = options.sessions;
    this.#wrapper = options.wrapper;
    this.#throttle = options.throttle;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  async begin({ accountId, id: userId }: Member): Promise<SecondFactorStep | undefined> {
    const membership = { accountId, userId };
    const methods = (await this.#store.methodsOf(membership, [userId])).get(userId) ?? [];
    if (!methods.some(isFactorOfItsOwn)) return undefined;
    return { token: await this.#steps.begin('second-factor', { membership, data: {} }), methods };
  }

  /**
   * Begins a session for whoever has the code.
   * @throws AppError `unauthenticated` (reason `second-factor-refused`, or `sign-in-step-over` after five guesses); `resource-exhausted`
   *   after many, over all steps and from wherever they come, so that codes can't be guessed by beginning anew.
   */
  async complete({ stepToken, method, code, origin }: SecondFactorRequest): Promise<LoginSession> {
    const step = await this.#steps.look(stepToken, 'second-factor');
    const { membership } = step;
    if (membership === undefined) throw refused();
    this.#throttle.requireAllowed(membership.userId);
    await this.#steps.countGuess(step, MOST_GUESSES);
    this.#throttle.recordAttempt(membership.userId);
    const isRight =
      (await this.#isNotSuspended(membership)) &&
      (method === 'totp'
        ? await this.#takeTotp(membership, code)
        : await this.#takeRecoveryCode(membership, code, origin));
    if (!isRight) {
      await this.#recordFailure(membership, method, origin);
      throw refused();
    }
    this.#throttle.recordSuccess(membership.userId);
    await this.#steps.finish(step.tokenHash);
    return this.#sessions.begin(membership, { method: 'password', hasSecondFactor: true }, origin);
  }

  async #isNotSuspended(membership: Membership): Promise<boolean> {
    return (await this.#members.findMember(membership))?.suspendedAt === null;
  }

  async #takeTotp(membership: Membership, code: string): Promise<boolean> {
    const totp = await this.#store.findTotp(membership);
    if (totp === undefined || totp.confirmedAt === null) return false;
    const secret = await this.#wrapper.unwrap(totp.wrappedSecret, totpContextOf(membership));
    const step = totpStepOf(secret, code, this.#clock.now());
    secret.fill(0);
    return step !== undefined && this.#store.takeTotpStep(membership, step);
  }

  async #takeRecoveryCode(membership: Membership, code: string, origin: RequestOrigin): Promise<boolean> {
    const actor = actorOf(membership, origin);
    const event = { action: 'recovery-code.use', target: { type: 'person', id: membership.userId } } as const;
    const hash = hashRecoveryCode(membership, code);
    try {
      await this.#audit.change(actor, event, async () => {
        if (!(await this.#store.deleteRecoveryCode(membership, hash))) throw refused();
      });
      return true;
    } catch (error) {
      if (error instanceof AppError && error.details.reason === REFUSED) return false;
      throw error;
    }
  }

  async #recordFailure(membership: Membership, method: 'totp' | 'recovery-code', origin: RequestOrigin): Promise<void> {
    await this.#audit.record(actorOf(membership, origin), {
      action: 'login-session.begin',
      target: { type: 'person', id: membership.userId },
      outcome: 'failure',
      details: { method },
    });
  }
}

/** What a wrapped secret of an authenticator app belongs to: moved to another person, it does not open. */
export function totpContextOf({ accountId, userId }: Membership): Record<string, string> {
  return { purpose: 'totp-secret', account: accountId, user: userId };
}

/** Recovery codes stand in for something else; alone they ask for nothing. */
export function isFactorOfItsOwn(method: SecondFactorMethod): boolean {
  return method !== 'recovery-code';
}

function actorOf(membership: Membership, { address }: RequestOrigin) {
  return { ...membership, via: 'login-session', address } as const;
}

const REFUSED = 'second-factor-refused';

function refused(): AppError {
  return new AppError(
    'unauthenticated',
    'The code is not right, or was used before. Wait for the next one of your authenticator app and try again.',
    { details: { reason: REFUSED } },
  );
}
