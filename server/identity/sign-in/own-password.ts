import type { Clock, Secret } from '../../core/index.ts';
import type { Member } from '../members/member-store.ts';
import { GuessThrottle } from './guess-throttle.ts';
import { isPassword } from './password.ts';

/**
 * The password of somebody who is signed in, asked for again. Guesses count for the person alone: what others try at the sign-in page, from
 * the same address too, does not keep them from it, and their own typing errors keep nobody else from signing in.
 */
export class OwnPassword {
  readonly #throttle: GuessThrottle;

  constructor(clock: Clock) {
    this.#throttle = new GuessThrottle(clock);
  }

  /** False too for somebody who has none. @throws AppError `resource-exhausted` after many guesses */
  async isRight({ id, passwordHash }: Pick<Member, 'id' | 'passwordHash'>, password: Secret): Promise<boolean> {
    this.#throttle.requireAllowed(id);
    this.#throttle.recordAttempt(id);
    const isRight = await isPassword(password, passwordHash ?? undefined);
    if (isRight) this.#throttle.recordSuccess(id);
    return isRight;
  }
}
