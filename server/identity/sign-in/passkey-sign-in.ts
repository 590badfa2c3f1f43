import type { Audit } from '../../audit/index.ts';
import { AppError, type Clock, type Secret } from '../../core/index.ts';
import type { LoginSession, LoginSessions, RequestOrigin } from '../credentials/login-sessions.ts';
import type { MemberStore, Membership } from '../members/member-store.ts';
import type { PasskeyVerifier, WebAuthnJson } from './passkey-verifier.ts';
import { newChallenge, type PasskeyStep } from './passkeys.ts';
import type { RateLimit } from './rate-limit.ts';
import type { PasskeyRecord, SecondFactorStore } from './second-factor-store.ts';
import type { SignInStep } from './sign-in-step-store.ts';
import type { SignInSteps } from './sign-in-steps.ts';

/**
 * Signing in with a passkey: after the password, or instead of it. Instead, the device must have made sure who holds it, so that it is two
 * factors by itself: something that somebody has, and a PIN, a finger or a face.
 */
export class PasskeySignIn {
  readonly #members: MemberStore;
  readonly #store: SecondFactorStore;
  readonly #steps: SignInSteps;
  readonly #sessions: LoginSessions;
  readonly #verifier: PasskeyVerifier;
  readonly #limit: RateLimit;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    members: MemberStore;
    store: SecondFactorStore;
    steps: SignInSteps;
    sessions: LoginSessions;
    verifier: PasskeyVerifier;
    stepLimit: RateLimit;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#store = options.store;
    this.#steps = options.steps;
    this.#sessions = options.sessions;
    this.#verifier = options.verifier;
    this.#limit = options.stepLimit;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  /**
   * @param siteOrigin the address of the page that asks, known to be this server's @param secondFactorToken the step after the password
   * @throws AppError `failed-precondition` where browsers use no passkeys; `unauthenticated` for a step that is over; `resource-exhausted`
   *   when one address, or after the password one person, asks too often
   */
  async begin(siteOrigin: string, { address }: RequestOrigin, secondFactorToken?: Secret): Promise<PasskeyStep> {
    const challenge = newChallenge(siteOrigin);
    if (secondFactorToken === undefined) {
      this.#limit.take(address);
      const options = await this.#verifier.authenticationOptions(challenge);
      return { token: await this.#steps.begin('passkey', { data: challenge }), options };
    }
    const { membership, tokenHash } = await this.#steps.look(secondFactorToken, 'second-factor');
    if (membership === undefined) throw refused();
    this.#limit.take(membership.userId);
    const allowed = await this.#store.listPasskeys(membership);
    const options = await this.#verifier.authenticationOptions(challenge, allowed);
    const data = { ...challenge, secondFactorTokenHash: tokenHash };
    return { token: await this.#steps.begin('passkey', { membership, data }), options };
  }

  /** Each step takes one response, right or wrong. @throws AppError `unauthenticated`, reason `passkey-refused` or `sign-in-step-over` */
  async complete(stepToken: Secret, response: WebAuthnJson, origin: RequestOrigin): Promise<LoginSession> {
    const step = await this.#steps.take(stepToken, 'passkey');
    const passkey = await this.#claimed(step, response);
    if (passkey === undefined) throw refused();
    const membership = { accountId: passkey.accountId, userId: passkey.userId };
    const isAlone = step.membership === undefined;
    if (!(await this.#isProved(step, passkey, response, isAlone))) {
      await this.#recordFailure(membership, origin);
      throw refused();
    }
    const { secondFactorTokenHash } = step.data;
    if (secondFactorTokenHash !== undefined) await this.#steps.finish(secondFactorTokenHash);
    return this.#sessions.begin(
      membership,
      { method: isAlone ? 'passkey' : 'password', hasSecondFactor: true },
      origin,
    );
  }

  /** The passkey that the response says it is of; it must be one of whom the step names, and the response must not say another person. */
  async #claimed(step: SignInStep<'passkey'>, response: WebAuthnJson): Promise<PasskeyRecord | undefined> {
    const claim = this.#verifier.claimOf(response);
    const passkey = claim && (await this.#store.findPasskey(claim.credentialId));
    if (claim === undefined || passkey === undefined) return undefined;
    // WebAuthn level 3, section 7.2, step 6: without a name given before, the device must say whose passkey it is.
    const expected = step.membership ?? (claim.userId === undefined ? undefined : passkey);
    const isMeant = expected?.userId === passkey.userId && expected.accountId === passkey.accountId;
    return isMeant && (claim.userId ?? passkey.userId) === passkey.userId ? passkey : undefined;
  }

  async #isProved(
    step: SignInStep<'passkey'>,
    passkey: PasskeyRecord,
    response: WebAuthnJson,
    isAlone: boolean,
  ): Promise<boolean> {
    const member = await this.#members.findMember({ accountId: passkey.accountId, userId: passkey.userId });
    if (member === undefined || member.suspendedAt !== null) return false;
    const proof = await this.#verifier.verifyAuthentication(step.data, passkey, response, isAlone);
    return proof !== undefined && this.#store.recordPasskeyUse(passkey, proof.counter, this.#clock.now());
  }

  async #recordFailure(membership: Membership, { address }: RequestOrigin): Promise<void> {
    await this.#audit.record(
      { ...membership, via: 'login-session', address },
      {
        action: 'login-session.begin',
        target: { type: 'person', id: membership.userId },
        outcome: 'failure',
        details: { method: 'passkey' },
      },
    );
  }
}

function refused(): AppError {
  return new AppError('unauthenticated', 'This passkey does not sign in here. Try another one, or another way.', {
    details: { reason: 'passkey-refused' },
  });
}
