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
