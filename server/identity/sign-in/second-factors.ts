import type { Audit } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  invalidField,
  isId,
  notFound,
  Secret,
} from '../../core/index.ts';
import type { RequestOrigin } from '../credentials/login-sessions.ts';
import type { SecretWrapper } from '../credentials/secret-wrapper.ts';
import type { MemberStore, Membership } from '../members/member-store.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import type { SecondFactorMethod } from './password-sign-in.ts';
import { type Reauthentication, requireLoginSession } from './reauthentication.ts';
import {
  hashRecoveryCode,
  newRecoveryCodes,
  newTotpSecret,
  totpEnrolmentOf,
  totpStepOf,
} from './second-factor-codes.ts';
import { isFactorOfItsOwn, totpContextOf } from './second-factor-sign-in.ts';
import type { SecondFactorStore } from './second-factor-store.ts';

/** How long somebody has to show a code of a new secret: one that was left on a screen is worth nothing after it. */
const CONFIRMATION_MS = 15 * 60_000;

export type SecondFactorState = {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly recoveryCodesLeft: number;
};

/** For an authenticator app; shown once. */
export type TotpEnrolment = { readonly secret: Secret; readonly uri: Secret };

/** What people have beside a password, as they set it up; and what those who manage people may do about it. */
export class SecondFactors {
  readonly #members: MemberStore;
  readonly #store: SecondFactorStore;
  readonly #authorize: Authorize;
  readonly #reauthentication: Reauthentication;
  readonly #wrapper: SecretWrapper;
  readonly #throttle: GuessThrottle;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    members: MemberStore;
    store: SecondFactorStore;
    authorize: Authorize;
    reauthentication: Reauthentication;
    wrapper: SecretWrapper;
    secondFactorThrottle: GuessThrottle;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#store = options.store;
    this.#authorize = options.authorize;
    this.#reauthentication = options.reauthentication;
    this.#wrapper = options.wrapper;
    this.#throttle = options.secondFactorThrottle;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  /** What the actor has set up. */
  async state(actor: Actor): Promise<SecondFactorState> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    const membership = membershipOf(actor);
    const [totp, passkeys, recoveryCodesLeft] = await Promise.all([
      this.#store.findTotp(membership),
      this.#store.listPasskeys(membership),
      this.#store.countRecoveryCodes(membership),
    ]);
    return { totp: totp !== undefined && totp.confirmedAt !== null, passkeys: passkeys.length, recoveryCodesLeft };
  }

  /** A new secret for an authenticator app, which asks for nothing until it is confirmed. Takes the password, or a session that has just begun. */
  async beginTotp(actor: Actor, password: Secret | undefined, origin: RequestOrigin): Promise<TotpEnrolment> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    await this.#reauthentication.requireRecent(actor, password, origin);
    const membership = membershipOf(actor);
    const member = await this.#members.findMember(membership);
    const secret = newTotpSecret();
    const wrapped = await this.#wrapper.wrap(secret, totpContextOf(membership));
    if (!(await this.#store.putUnconfirmedTotp(membership, wrapped, this.#clock.now()))) {
      throw new AppError(
        'failed-precondition',
        'You have an authenticator app already. Remove it before you add another.',
        {
          details: { reason: 'totp-exists' },
        },
      );
    }
    const enrolment = totpEnrolmentOf(secret, member?.email ?? actor.userId);
    secret.fill(0);
    return enrolment;
  }

  /**
   * From now on the authenticator app is asked for, since it has shown a code of the secret.
   * @returns recovery codes in place of any that there were, shown once
   * @throws AppError `failed-precondition`, reason `totp-not-begun`, also 15 minutes after it was; `resource-exhausted` after many guesses
   */
  async confirmTotp(actor: Actor, code: string): Promise<readonly Secret[]> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    const membership = membershipOf(actor);
    const totp = await this.#store.findTotp(membership);
    const now = this.#clock.now();
    if (totp === undefined || totp.confirmedAt !== null) throw nothingToConfirm();
    if (now.getTime() - totp.begunAt.getTime() > CONFIRMATION_MS) throw nothingToConfirm();
    // Apart from the guesses of a sign-in, so that somebody who sets up an app is not kept from signing in with a recovery code.
    const guess = `confirmation ${actor.userId}`;
    this.#throttle.requireAllowed(guess);
    this.#throttle.recordAttempt(guess);
    const secret = await this.#wrapper.unwrap(totp.wrappedSecret, totpContextOf(membership));
    const step = totpStepOf(secret, code, now);
    secret.fill(0);
    if (step === undefined) {
      throw invalidField('code', 'is not what the app should show now; look whether the clock of the device is right');
    }
    this.#throttle.recordSuccess(guess);
    const codes = newRecoveryCodes();
    const event = {
      action: 'second-factor.enable',
      target: { type: 'person', id: actor.userId },
      details: { method: 'totp' },
    } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.confirmTotp(membership, totp.wrappedSecret, step, now))) throw nothingToConfirm();
      await this.#store.replaceRecoveryCodes(membership, hashesOf(membership, codes));
    });
    return codes.map((one) => new Secret(one));
  }

  /** Takes the password. The last recovery codes go with the last thing that they stand in for. */
  async removeTotp(actor: Actor, password: Secret | undefined, origin: RequestOrigin): Promise<void> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    await this.#reauthentication.require(actor, password, origin);
    const membership = membershipOf(actor);
    const event = {
      action: 'second-factor.disable',
      target: { type: 'person', id: actor.userId },
      details: { method: 'totp' },
    } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.deleteTotp(membership))) throw notFound('authenticator app', actor.userId);
      await forgetIdleRecoveryCodes(this.#store, membership);
    });
  }

  /** New recovery codes, shown once; the old ones stop working. Takes the password. */
  async renewRecoveryCodes(
    actor: Actor,
    password: Secret | undefined,
    origin: RequestOrigin,
  ): Promise<readonly Secret[]> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    await this.#reauthentication.require(actor, password, origin);
    const membership = membershipOf(actor);
    const codes = newRecoveryCodes();
    const event = { action: 'recovery-codes.create', target: { type: 'person', id: actor.userId } } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await hasFactorOfItsOwn(this.#store, membership))) {
        throw new AppError('failed-precondition', 'Set up an authenticator app or a passkey first.', {
          details: { reason: 'no-second-factor' },
        });
      }
      await this.#store.replaceRecoveryCodes(membership, hashesOf(membership, codes));
    });
    return codes.map((one) => new Secret(one));
  }

  /** Takes everything away that somebody has beside the password, for one who has lost it. @throws AppError `not-found` */
  async reset(by: Actor, userId: string): Promise<void> {
    await this.#authorize(by, { action: 'manage-people' });
    const member = isId(userId) ? await this.#members.findMember({ accountId: by.accountId, userId }) : undefined;
    if (member === undefined || member.kind !== 'person') throw notFound('person', userId);
    const event = { action: 'second-factor.disable', target: { type: 'person', id: userId } } as const;
    await this.#audit.change(by, event, async () => {
      await this.#store.deleteAll(membershipOf(by), userId);
    });
  }

  /** What people can be asked for, for those who manage them; whoever has nothing is not in the answer. */
  async methodsOf(
    actor: Actor,
    userIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly SecondFactorMethod[]>> {
    await this.#authorize(actor, { action: 'manage-people' });
    return this.#store.methodsOf(membershipOf(actor), userIds);
  }
}

/** Part of the change that takes something away. */
export async function forgetIdleRecoveryCodes(store: SecondFactorStore, membership: Membership): Promise<void> {
  if (!(await hasFactorOfItsOwn(store, membership))) await store.replaceRecoveryCodes(membership, []);
}

async function hasFactorOfItsOwn(store: SecondFactorStore, membership: Membership): Promise<boolean> {
  const methods = (await store.methodsOf(membership, [membership.userId])).get(membership.userId) ?? [];
  return methods.some(isFactorOfItsOwn);
}

function membershipOf({ accountId, userId }: Actor): Membership {
  return { accountId, userId };
}

function hashesOf(membership: Membership, codes: readonly string[]): readonly string[] {
  return codes.map((code) => hashRecoveryCode(membership, code));
}

function nothingToConfirm(): AppError {
  return new AppError('failed-precondition', 'There is no authenticator app to confirm (any more). Begin again.', {
    details: { reason: 'totp-not-begun' },
  });
}
