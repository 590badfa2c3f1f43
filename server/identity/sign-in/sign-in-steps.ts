import { AppError, type Clock, hashCredential, newCredential, newId, Secret } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { SignInStep, SignInStepStore, StepData, StepPurpose } from './sign-in-step-store.ts';

/** How long somebody has for the next step of a sign-in. */
export const STEP_LIFETIME_MS = 5 * 60_000;

/** Sign-ins that are not finished. Whoever goes on with one presents its token, which is worth nothing by itself. */
export class SignInSteps {
  readonly #store: SignInStepStore;
  readonly #clock: Clock;

  constructor(options: { store: SignInStepStore; clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** @param token or one that was made before, of 256 random bits */
  async begin<Purpose extends StepPurpose>(
    purpose: Purpose,
    step: {
      readonly membership?: Membership;
      readonly data: StepData[Purpose];
      readonly token?: Secret;
      readonly lifetimeMs?: number;
    },
  ): Promise<Secret> {
    const token = step.token ?? new Secret(newCredential('step_'));
    const now = this.#clock.now();
    await this.#store.add(
      {
        id: newId(),
        tokenHash: hashCredential(token.expose()),
        purpose,
        membership: step.membership && { accountId: step.membership.accountId, userId: step.membership.userId },
        data: step.data,
        failures: 0,
        expiresAt: new Date(now.getTime() + (step.lifetimeMs ?? STEP_LIFETIME_MS)),
      },
      now,
    );
    return token;
  }

  /** @throws AppError `unauthenticated` (reason `sign-in-step-over`) when it is used up, too old, or of another purpose. */
  async look<Purpose extends StepPurpose>(token: Secret, purpose: Purpose): Promise<SignInStep<Purpose>> {
    const step = await this.#store.find(hashCredential(token.expose()), purpose);
    if (step === undefined || step.expiresAt <= this.#clock.now()) throw stepIsOver();
    return step;
  }

  /** Uses the step up, whatever comes of it. Throws as {@link look}; of several callers at once, for all but one. */
  async take<Purpose extends StepPurpose>(token: Secret, purpose: Purpose): Promise<SignInStep<Purpose>> {
    const step = await this.look(token, purpose);
    await this.finish(step.tokenHash);
    return step;
  }

  /** Throws as {@link look} when it is gone. */
  async finish(tokenHash: string): Promise<void> {
    if (!(await this.#store.delete(tokenHash))) throw stepIsOver();
  }

  /** Counts a guess before it is checked. Throws as {@link look} when `most` were made: then only a new sign-in goes on. */
  async countGuess({ tokenHash }: SignInStep, most: number): Promise<void> {
    if (await this.#store.countGuess(tokenHash, most)) return;
    await this.#store.delete(tokenHash);
    throw stepIsOver();
  }
}

function stepIsOver(): AppError {
  return new AppError('unauthenticated', 'This sign-in took too long, or was used already. Start again.', {
    details: { reason: 'sign-in-step-over' },
  });
}
