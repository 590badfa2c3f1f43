import type { Membership } from '../members/member-store.ts';

/** What a browser is asked to sign with a passkey, and for whom it was asked. */
export type PasskeyChallenge = {
  /** base64url */
  readonly challenge: string;
  /** The name that the passkey is for, and the address of the page that asks. */
  readonly rpId: string;
  readonly origin: string;
};

/** What a step has to remember, by its purpose. Nothing of it opens anything without the step's token. */
export type StepData = {
  'second-factor': Record<string, never>;
  passkey: PasskeyChallenge & {
    /** The step that ends with it, where the passkey is a second factor. */
    readonly secondFactorTokenHash?: string;
  };
  'passkey-registration': PasskeyChallenge;
  'identity-provider': { readonly providerId: string; readonly redirectUri: string };
};
export type StepPurpose = keyof StepData;

/** A sign-in that is not finished. */
export type SignInStep<Purpose extends StepPurpose = StepPurpose> = {
  readonly id: string;
  readonly tokenHash: string;
  readonly purpose: Purpose;
  /** Undefined while nobody knows who it will be. */
  readonly membership: Membership | undefined;
  readonly data: StepData[Purpose];
  readonly failures: number;
  readonly expiresAt: Date;
};

/** Port: the steps of sign-ins. Whoever has no token of a step learns nothing of it. Each method is a transaction of its own, but for the last one. */
export type SignInStepStore = {
  /** Adds a step and forgets those that expired before `at`. */
  add(step: SignInStep, at: Date): Promise<void>;
  /** Undefined when there is none, or when it has another purpose. The caller looks whether it has expired. */
  find<Purpose extends StepPurpose>(tokenHash: string, purpose: Purpose): Promise<SignInStep<Purpose> | undefined>;
  /** Counts a guess before it is checked, so that guesses at the same moment count too. False when `most` were made, or it is gone. */
  countGuess(tokenHash: string, most: number): Promise<boolean>;
  /** Uses it up. Of several callers at once exactly one gets true. */
  delete(tokenHash: string): Promise<boolean>;
  /** Ends all that somebody has begun. Part of the change around it, which must be that person's own. */
  deleteOf(membership: Membership): Promise<void>;
};
