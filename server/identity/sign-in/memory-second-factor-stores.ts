import { AppError } from '../../core/index.ts';
import type { MemberScope, Membership } from '../members/member-store.ts';
import type { MemoryMemberStore } from '../memory-identity-stores.ts';
import type { SecondFactorMethod } from './password-sign-in.ts';
import type { PasskeyRecord, SecondFactorStore, TotpSecret } from './second-factor-store.ts';
import type { SignInStep, SignInStepStore, StepPurpose } from './sign-in-step-store.ts';

/** The stores in memory, for tests. They run the same conformance suite as the ones in PostgreSQL. */
export class MemorySignInStepStore implements SignInStepStore {
  readonly #steps = new Map<string, SignInStep>();

  async add(step: SignInStep, at: Date): Promise<void> {
    for (const [tokenHash, { expiresAt }] of this.#steps) if (expiresAt < at) this.#steps.delete(tokenHash);
    this.#steps.set(step.tokenHash, step);
  }

  async find<Purpose extends StepPurpose>(
    tokenHash: string,
    purpose: Purpose,
  ): Promise<SignInStep<Purpose> | undefined> {
    const step = this.#steps.get(tokenHash);
    return step?.purpose === purpose ? (step as SignInStep<Purpose>) : undefined;
  }

  async countGuess(tokenHash: string, most: number): Promise<boolean> {
    const step = this.#steps.get(tokenHash);
    if (step === undefined || step.failures >= most) return false;
    this.#steps.set(tokenHash, { ...step, failures: step.failures + 1 });
    return true;
  }

  async delete(tokenHash: string): Promise<boolean> {
    return this.#steps.delete(tokenHash);
  }

  async deleteOf({ userId }: Membership): Promise<void> {
    for (const [tokenHash, { membership }] of this.#steps)
      if (membership?.userId === userId) this.#steps.delete(tokenHash);
  }
}

export class MemorySecondFactorStore implements SecondFactorStore {
  readonly #totp = new Map<string, TotpSecret>();
  readonly #codes = new Map<string, Set<string>>();
  readonly #passkeys = new Map<string, PasskeyRecord>();

  constructor(members: MemoryMemberStore) {
    members.onRemoved.push((userId) => this.#forget(userId));
  }

  async findTotp(membership: Membership): Promise<TotpSecret | undefined> {
    const totp = this.#totp.get(membership.userId);
    return totp?.accountId === membership.accountId ? totp : undefined;
  }

  async putUnconfirmedTotp({ accountId, userId }: Membership, wrappedSecret: Uint8Array, at: Date): Promise<boolean> {
    if (this.#totp.get(userId)?.confirmedAt) return false;
    this.#totp.set(userId, { accountId, userId, wrappedSecret, begunAt: at, confirmedAt: null, lastUsedStep: 0 });
    return true;
  }

  async confirmTotp(membership: Membership, wrappedSecret: Uint8Array, step: number, at: Date): Promise<boolean> {
    const totp = await this.findTotp(membership);
    if (totp === undefined || totp.confirmedAt !== null) return false;
    if (!Buffer.from(totp.wrappedSecret).equals(wrappedSecret)) return false;
    this.#totp.set(membership.userId, { ...totp, confirmedAt: at, lastUsedStep: step });
    return true;
  }

  async takeTotpStep({ userId }: Membership, step: number): Promise<boolean> {
    const totp = this.#totp.get(userId);
    if (totp === undefined || totp.confirmedAt === null || totp.lastUsedStep >= step) return false;
    this.#totp.set(userId, { ...totp, lastUsedStep: step });
    return true;
  }

  async deleteTotp({ userId }: Membership): Promise<boolean> {
    return this.#totp.delete(userId);
  }

  async replaceRecoveryCodes({ userId }: Membership, hashes: readonly string[]): Promise<void> {
    this.#codes.set(userId, new Set(hashes));
  }

  async countRecoveryCodes({ userId }: Membership): Promise<number> {
    return this.#codes.get(userId)?.size ?? 0;
  }

  async deleteRecoveryCode({ userId }: Membership, hash: string): Promise<boolean> {
    return this.#codes.get(userId)?.delete(hash) ?? false;
  }

  async addPasskey(passkey: PasskeyRecord): Promise<void> {
    if ((await this.findPasskey(passkey.credentialId)) !== undefined)
      throw new AppError('already-exists', 'It exists already.');
    this.#passkeys.set(passkey.id, passkey);
  }

  async findPasskey(credentialId: string): Promise<PasskeyRecord | undefined> {
    return [...this.#passkeys.values()].find((passkey) => passkey.credentialId === credentialId);
  }

  async listPasskeys({ accountId, userId }: Membership): Promise<readonly PasskeyRecord[]> {
    return [...this.#passkeys.values()]
      .filter((passkey) => passkey.accountId === accountId && passkey.userId === userId)
      .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1));
  }

  async recordPasskeyUse({ id }: PasskeyRecord, counter: number, at: Date): Promise<boolean> {
    const passkey = this.#passkeys.get(id);
    if (passkey === undefined) return false;
    if (passkey.counter >= counter && !(passkey.counter === 0 && counter === 0)) return false;
    this.#passkeys.set(id, { ...passkey, counter, lastUsedAt: at });
    return true;
  }

  async deletePasskey({ accountId, userId }: Membership, id: string): Promise<boolean> {
    const passkey = this.#passkeys.get(id);
    return passkey?.accountId === accountId && passkey.userId === userId && this.#passkeys.delete(id);
  }

  async deleteAll(by: MemberScope, userId: string): Promise<boolean> {
    const had = (await this.methodsOf(by, [userId])).size > 0 || this.#totp.has(userId);
    this.#forget(userId);
    return had;
  }

  async methodsOf(
    { accountId }: MemberScope,
    userIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly SecondFactorMethod[]>> {
    const methods = new Map<string, readonly SecondFactorMethod[]>();
    for (const userId of userIds) {
      const own: SecondFactorMethod[] = [];
      if ((await this.listPasskeys({ accountId, userId })).length > 0) own.push('passkey');
      if ((await this.countRecoveryCodes({ accountId, userId })) > 0) own.push('recovery-code');
      if ((await this.findTotp({ accountId, userId }))?.confirmedAt) own.push('totp');
      if (own.length > 0) methods.set(userId, own);
    }
    return methods;
  }

  #forget(userId: string): void {
    this.#totp.delete(userId);
    this.#codes.delete(userId);
    for (const [id, passkey] of this.#passkeys) if (passkey.userId === userId) this.#passkeys.delete(id);
  }
}
