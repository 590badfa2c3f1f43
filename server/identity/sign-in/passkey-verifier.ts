import type { PasskeyChallenge } from './sign-in-step-store.ts';

/** What `navigator.credentials` gives and is given, as JSON (WebAuthn level 3, section 5.1.8). */
export type WebAuthnJson = Readonly<Record<string, unknown>>;

export type KnownPasskey = {
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
};

/** Port: what the browser is asked to do with a passkey, and the check of what came of it. Whatever a browser sends, it answers and does not throw. */
export type PasskeyVerifier = {
  /** What makes a passkey for that person on a device that has none of `existing`. */
  registrationOptions(
    challenge: PasskeyChallenge,
    user: { readonly id: string; readonly name: string; readonly displayName: string },
    existing: readonly KnownPasskey[],
  ): Promise<WebAuthnJson>;
  /** The new passkey; undefined unless it answers that challenge, for that name, from that page. */
  verifyRegistration(challenge: PasskeyChallenge, response: WebAuthnJson): Promise<KnownPasskey | undefined>;
  /** @param allowed those that may answer; without, the person chooses one that the device knows for the name, and unlocks it */
  authenticationOptions(challenge: PasskeyChallenge, allowed?: readonly KnownPasskey[]): Promise<WebAuthnJson>;
  /** Which passkey a response claims to be of, and whose; undefined for what is no response. Nothing of it is proved. */
  claimOf(response: WebAuthnJson): { readonly credentialId: string; readonly userId: string | undefined } | undefined;
  /**
   * How often the passkey says that it was used; undefined unless that passkey has signed the challenge, for that name, from that page,
   * and has counted up where it counts at all.
   * @param isAlone true: the device must have made sure who holds it (PIN, finger, face), since nothing else is asked
   */
  verifyAuthentication(
    challenge: PasskeyChallenge,
    passkey: KnownPasskey,
    response: WebAuthnJson,
    isAlone: boolean,
  ): Promise<{ readonly counter: number } | undefined>;
};
