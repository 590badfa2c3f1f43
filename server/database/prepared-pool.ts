import type { Pool, PoolClient, QueryResult } from 'pg';
import { isOutdatedPlan } from './vendor-error.ts';

/** Statements with texts of their own beyond this many are planned each time: a connection keeps what it prepared. */
const MAX_PREPARED = 256;

/** How a text begins that begins a transaction. */
export const BEGIN = 'begin;';

/**
 * A pool as Kysely takes one, made for many short transactions. Its connections plan each statement once and not at each request: planning
 * through the policies of a table takes longer than running them (same text, same statement; values are always bound). And they do not wait
 * for the beginning of a transaction before they send its first statement.
 * @param pool with `pipeline: true`
 */
export function createPreparedPool(pool: Pool) {
  const names = new Map<string, string>();

  function nameOf(text: string): string | undefined {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_PREPARED) return known;
    const name = `cloister_${names.size}`;
    names.set(text, name);
    return name;
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => prepare(await pool.connect(), nameOf),
  };
}

function prepare(client: PoolClient, nameOf: (text: string) => string | undefined) {
  let isOutdated = false;
  let begun: Promise<unknown> = Promise.resolve();
  let hasOnlyRead = true;

  async function run(text: string, values: readonly unknown[]): Promise<QueryResult> {
    // Without values (`commit`, migrations) a statement goes the short way, which can't be prepared.
    const name = values.length === 0 ? undefined : nameOf(text);
    try {
      return await client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    } catch (error) {
      isOutdated ||= isOutdatedPlan(error);
      throw error;
    }
  }

  return {
    get processID() {
      return (client as PoolClient & { readonly processID?: number }).processID;
    },
    /**
     * What begins a transaction is sent and not waited for: the statement after it is on its way before the answer is there, and is
     * what fails if the beginning failed. Nor is the end of one that changed nothing. PostgreSQL runs what a connection sends in order.
     */
    async query(text: string, values: readonly unknown[]) {
      const result = run(text, values);
      if (text.startsWith(BEGIN)) {
        begun = result;
        hasOnlyRead = true;
        return unwaited(result);
      }
      if (text === 'commit' && hasOnlyRead) return unwaited(result);
      hasOnlyRead &&= /^select\b/i.test(text);
      const [outcome] = await Promise.all([result, begun]);
      return outcome;
    },
    /** A connection with an outdated plan is closed, so that the next one plans anew. */
    release: (shouldDiscard?: boolean) => client.release(shouldDiscard === true || isOutdated),
  };
}

function unwaited(result: Promise<QueryResult>) {
  // Whatever was read before is right all the same; a connection that broke fails at its next statement.
  result.catch(() => {});
  return { command: 'SELECT' as const, rowCount: 0, rows: [] };
}
