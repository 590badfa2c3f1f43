import type { Audit } from '../../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  isAppError,
  isId,
  newCredential,
  newId,
  notFound,
  type Secret,
} from '../../core/index.ts';
import type { RequestOrigin } from '../credentials/login-sessions.ts';
import type { MemberStore, Membership } from '../members/member-store.ts';
import type { PasskeyVerifier, WebAuthnJson } from './passkey-verifier.ts';
import { type Reauthentication, requireLoginSession } from './reauthentication.ts';
import type { PasskeyRecord, SecondFactorStore } from './second-factor-store.ts';
import { forgetIdleRecoveryCodes } from './second-factors.ts';
import type { PasskeyChallenge } from './sign-in-step-store.ts';
import type { SignInSteps } from './sign-in-steps.ts';

const MOST_PASSKEYS = 20;
/** What browsers name today (WebAuthn level 3, section 5.8.4); nothing else that a client sends is kept. */
const TRANSPORTS = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal', 'cable'];

/** What people see of a passkey. */
export type Passkey = Pick<PasskeyRecord, 'id' | 'name' | 'createdAt' | 'lastUsedAt'>;

/** What the browser is asked, and the step that its answer goes to. */
export type PasskeyStep = { readonly token: Secret; readonly options: WebAuthnJson };

/** The passkeys of a person, as they manage them. */
export class Passkeys {
  readonly #members: MemberStore;
  readonly #store: SecondFactorStore;
  readonly #steps: SignInSteps;
  readonly #verifier: PasskeyVerifier;
  readonly #authorize: Authorize;
  readonly #reauthentication: Reauthentication;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(options: {
    members: MemberStore;
    store: SecondFactorStore;
    steps: SignInSteps;
    verifier: PasskeyVerifier;
    authorize: Authorize;
    reauthentication: Reauthentication;
    audit: Audit;
    clock: Clock;
  }) {
    this.#members = options.members;
    this.#store = options.store;
    this.#steps = options.steps;
    this.#verifier = options.verifier;
    this.#authorize = options.authorize;
    this.#reauthentication = options.reauthentication;
    this.#audit = options.audit;
    this.#clock = options.clock;
  }

  /** Oldest first. */
  async list(actor: Actor): Promise<readonly Passkey[]> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    return (await this.#store.listPasskeys(membershipOf(actor))).map(toPasskey);
  }

  /**
   * Takes the password, or a session that has just begun. Throws as {@link newChallenge}.
   * @param siteOrigin the address of the page that asks, known to be this server's
   */
  async beginRegistration(
    actor: Actor,
    siteOrigin: string,
    password: Secret | undefined,
    origin: RequestOrigin,
  ): Promise<PasskeyStep> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    const challenge = newChallenge(siteOrigin);
    await this.#reauthentication.requireRecent(actor, password, origin);
    const membership = membershipOf(actor);
    const [member, existing] = await Promise.all([
      this.#members.findMember(membership),
      this.#store.listPasskeys(membership),
    ]);
    if (existing.length >= MOST_PASSKEYS) {
      throw new AppError(
        'failed-precondition',
        `You have ${existing.length} passkeys. Remove one before you add another.`,
      );
    }
    const user = { id: actor.userId, name: member?.email ?? '', displayName: member?.name ?? '' };
    const options = await this.#verifier.registrationOptions(challenge, user, existing);
    return { token: await this.#steps.begin('passkey-registration', { membership, data: challenge }), options };
  }

  /** @throws AppError `invalid-argument` for a response that does not answer the step; `unauthenticated` for a step that is over. */
  async register(
    actor: Actor,
    request: { readonly stepToken: Secret; readonly name: string; readonly response: WebAuthnJson },
  ): Promise<Passkey> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    const step = await this.#steps.take(request.stepToken, 'passkey-registration');
    const isOwn = step.membership?.userId === actor.userId && step.membership.accountId === actor.accountId;
    const made = isOwn ? await this.#verifier.verifyRegistration(step.data, request.response) : undefined;
    if (made === undefined) {
      throw new AppError(
        'invalid-argument',
        'The browser’s answer does not make a passkey for this server. Try again.',
        {
          details: { reason: 'passkey-not-valid' },
        },
      );
    }
    const record: PasskeyRecord = {
      id: newId(),
      ...membershipOf(actor),
      name: request.name,
      ...made,
      transports: made.transports.filter((transport) => TRANSPORTS.includes(transport)),
      createdAt: this.#clock.now(),
      lastUsedAt: null,
    };
    const event = { action: 'passkey.add', target: { type: 'passkey', id: record.id } } as const;
    await this.#audit
      .change(actor, event, () => this.#store.addPasskey(record))
      .catch((error: unknown) => {
        if (!isAppError(error, 'already-exists')) throw error;
        throw new AppError('already-exists', 'This passkey is known here already.', {
          details: { reason: 'passkey-exists' },
        });
      });
    return toPasskey(record);
  }

  /** Takes the password. @throws AppError `not-found` */
  async remove(actor: Actor, id: string, password: Secret | undefined, origin: RequestOrigin): Promise<void> {
    await this.#authorize(actor, { action: 'manage-own-sign-in' });
    requireLoginSession(actor);
    if (!isId(id)) throw notFound('passkey', id);
    await this.#reauthentication.require(actor, password, origin);
    const membership = membershipOf(actor);
    const event = { action: 'passkey.remove', target: { type: 'passkey', id } } as const;
    await this.#audit.change(actor, event, async () => {
      if (!(await this.#store.deletePasskey(membership, id))) throw notFound('passkey', id);
      await forgetIdleRecoveryCodes(this.#store, membership);
    });
  }
}

/**
 * Something for a passkey to sign.
 * @throws AppError `failed-precondition` for a page that browsers let use no passkey: one that is opened by a numeric address, or without
 *   TLS from another machine.
 */
export function newChallenge(siteOrigin: string): PasskeyChallenge {
  const { protocol, hostname, origin } = new URL(siteOrigin);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  const isName = !hostname.startsWith('[') && !/^[\d.]+$/.test(hostname);
  if (isName && (isLocal || protocol === 'https:')) return { challenge: newCredential(''), rpId: hostname, origin };
  throw new AppError(
    'failed-precondition',
    'Browsers use passkeys only at a name: open Cloister at https:// and its name, or as http://localhost on the machine itself.',
    { details: { reason: 'passkey-needs-name' } },
  );
}

function membershipOf({ accountId, userId }: Actor): Membership {
  return { accountId, userId };
}

function toPasskey({ id, name, createdAt, lastUsedAt }: PasskeyRecord): Passkey {
  return { id, name, createdAt, lastUsedAt };
}
