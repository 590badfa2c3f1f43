import type { Database } from '../../database/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { SignInStep, SignInStepStore, StepData, StepPurpose } from './sign-in-step-store.ts';

/** How many steps that are over one that begins removes. Anybody may begin one, so it must stay little work. */
const MOST_FORGOTTEN = 100;

/** The store in PostgreSQL: a transaction that presents a step's token sees that step, and those that are over so that it can remove them. */
export class SqlSignInStepStore implements SignInStepStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(step: SignInStep, at: Date): Promise<void> {
    await this.#database.withPresented(step.tokenHash, async (transaction) => {
      await transaction
        .deleteFrom('sign_in_steps')
        .where('id', 'in', (steps) =>
          steps
            .selectFrom('sign_in_steps')
            .select('id')
            .where('expires_at', '<', at)
            .limit(MOST_FORGOTTEN)
            // Of two that begin at once, none waits for what the other one removes.
            .forUpdate()
            .skipLocked(),
        )
        .execute();
      await transaction
        .insertInto('sign_in_steps')
        .values({
          id: step.id,
          token_hash: step.tokenHash,
          purpose: step.purpose,
          account_id: step.membership?.accountId ?? null,
          user_id: step.membership?.userId ?? null,
          data: JSON.stringify(step.data),
          failures: step.failures,
          expires_at: step.expiresAt,
        })
        .execute();
    });
  }

  find<Purpose extends StepPurpose>(tokenHash: string, purpose: Purpose): Promise<SignInStep<Purpose> | undefined> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const row = await transaction
        .selectFrom('sign_in_steps')
        .selectAll()
        .where('token_hash', '=', tokenHash)
        .where('purpose', '=', purpose)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { account_id: accountId, user_id: userId } = row;
      return {
        id: row.id,
        tokenHash: row.token_hash,
        purpose,
        membership: accountId === null || userId === null ? undefined : { accountId, userId },
        data: row.data as StepData[Purpose],
        failures: row.failures,
        expiresAt: row.expires_at,
      };
    });
  }

  countGuess(tokenHash: string, most: number): Promise<boolean> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('sign_in_steps')
        .set((row) => ({ failures: row('failures', '+', 1) }))
        .where('token_hash', '=', tokenHash)
        .where('failures', '<', most)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  delete(tokenHash: string): Promise<boolean> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('sign_in_steps')
        .where('token_hash', '=', tokenHash)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  async deleteOf({ accountId, userId }: Membership): Promise<void> {
    await this.#database.inAccount({ accountId, userId }, (transaction) =>
      transaction
        .deleteFrom('sign_in_steps')
        .where('account_id', '=', accountId)
        .where('user_id', '=', userId)
        .execute(),
    );
  }
}
