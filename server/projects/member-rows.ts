import type { DatabaseTransaction } from '../database/index.ts';
import type { Member } from './collaborator-store.ts';
import type { Viewer } from './project-store.ts';

/** What others see of a row of `users`. */
export const memberColumns = ['users.id', 'users.kind', 'users.name', 'users.email'] as const;

type Row = { id: string; kind: Member['kind']; name: string; email: string | null };

export function toMember({ id, kind, name, email }: Row): Member {
  return { userId: id, kind, name, email };
}

export async function findMember(
  transaction: DatabaseTransaction,
  accountId: string,
  userId: string,
): Promise<Member | undefined> {
  const row = await transaction
    .selectFrom('users')
    .select(memberColumns)
    .where('account_id', '=', accountId)
    .where('id', '=', userId)
    .executeTakeFirst();
  return row && toMember(row);
}

/** An actor has more fields, which are not the database's business. */
export function whoOf({ accountId, userId }: Viewer): Viewer {
  return { accountId, userId };
}

/**
 * Whether PostgreSQL refused a new row because what it belongs to is gone (23503), or because a policy does not let this person write it
 * (42501). A project that was just deleted shows as either, depending on which is asked first.
 */
export function isRefusedRow(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && (current.code === '23503' || current.code === '42501')) return true;
  }
  return false;
}
