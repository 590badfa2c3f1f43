import { sql } from 'kysely';
import type { DatabaseTransaction } from './database.ts';

const LONGEST_MS = 30 * 60 * 1000;

/**
 * Lets what comes next in this transaction take half an hour and not half a minute. For what somebody decides once, and what grows with
 * everything that a project or an account holds: a deletion that is given up each time would never be done.
 */
export async function allowLongStatements(transaction: DatabaseTransaction): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(LONGEST_MS)}, true)`.execute(transaction);
}
