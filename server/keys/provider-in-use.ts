import { type Database, listAccountIds } from '../database/index.ts';

/**
 * True when a project key of any account is wrapped by this provider, so that its root key must not be made anew. Tenants' rows can only be
 * seen account by account.
 */
export async function isProviderInUse(database: Database, providerId: string): Promise<boolean> {
  for (const accountId of await listAccountIds(database)) {
    const found = await database.inAccount({ accountId }, (transaction) =>
      transaction
        .selectFrom('project_keys')
        .select('id')
        .where('account_id', '=', accountId)
        .where('wrapping_key_id', 'like', `${providerId}:%`)
        .limit(1)
        .executeTakeFirst(),
    );
    if (found !== undefined) return true;
  }
  return false;
}
