import type { MemberScope, Membership } from '../members/member-store.ts';
import type { SecondFactorMethod } from './password-sign-in.ts';

export type TotpSecret = Membership & {
  readonly wrappedSecret: Uint8Array;
  /** When the person was shown it. */
  readonly begunAt: Date;
  /** Null until the person has shown a code of it: until then it asks for nothing. */
  readonly confirmedAt: Date | null;
  /** The time step (RFC 6238) of the last code that was taken. */
  readonly lastUsedStep: number;
};

export type PasskeyRecord = Membership & {
  readonly id: string;
  readonly name: string;
  /** base64url, as the browser gives it. */
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  /** How often the authenticator says that it was used; 0 for one that does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
};

/**
 * Port: what people have beside a password. Every method is one transaction, or part of the one around it (see `Database`); none makes a KMS
 * call. Methods that take a membership touch only what is that member's own.
 */
export type SecondFactorStore = {
  findTotp(membership: Membership): Promise<TotpSecret | undefined>;
  /** Takes the place of one that was never confirmed. False, and nothing changes, when there is a confirmed one. */
  putUnconfirmedTotp(membership: Membership, wrappedSecret: Uint8Array, at: Date): Promise<boolean>;
  /** False unless exactly that secret still waits for it. @param step of the code that was shown, which is used with that */
  confirmTotp(membership: Membership, wrappedSecret: Uint8Array, step: number, at: Date): Promise<boolean>;
  /** Uses up the codes of that time step and of all before. Of several callers at once exactly one gets true. */
  takeTotpStep(membership: Membership, step: number): Promise<boolean>;
  /** True if there was one, confirmed or not. */
  deleteTotp(membership: Membership): Promise<boolean>;

  /** New ones in place of all that there were. */
  replaceRecoveryCodes(membership: Membership, hashes: readonly string[]): Promise<void>;
  countRecoveryCodes(membership: Membership): Promise<number>;
  /** Uses it up. Of several callers at once exactly one gets true. */
  deleteRecoveryCode(membership: Membership, hash: string): Promise<boolean>;

  /** @throws AppError `already-exists` when somebody has that credential. */
  addPasskey(passkey: PasskeyRecord): Promise<void>;
  /** Whoever presents a passkey's id sees it, in whichever account. */
  findPasskey(credentialId: string): Promise<PasskeyRecord | undefined>;
  /** Oldest first. */
  listPasskeys(membership: Membership): Promise<readonly PasskeyRecord[]>;
  /** False when the counter is not beyond what it was (a copy of the authenticator was used), unless it does not count at all. */
  recordPasskeyUse(passkey: PasskeyRecord, counter: number, at: Date): Promise<boolean>;
  /** True if the member had it. */
  deletePasskey(membership: Membership, id: string): Promise<boolean>;

  /** Takes everything away that somebody has. @param by who asks: themselves, or somebody who manages people. False when there was nothing */
  deleteAll(by: MemberScope, userId: string): Promise<boolean>;
  /** What each of them can be asked for; people who have nothing are not in the answer. */
  methodsOf(by: MemberScope, userIds: readonly string[]): Promise<ReadonlyMap<string, readonly SecondFactorMethod[]>>;
};
