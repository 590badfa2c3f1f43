import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The ids of all accounts, and nothing else of them: for what the server does for each in turn. No answer to a request holds more than its own. */
export async function listAccountIds(database: Database): Promise<readonly string[]> {
  const { rows } = await database.inDeployment((transaction) =>
    sql<{ id: string }>`select account_ids() as id`.execute(transaction),
  );
  return rows.map(({ id }) => id);
}
