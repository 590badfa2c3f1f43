import { type Actor, AppError } from '../../core/index.ts';
import type { MemberStore } from './member-store.ts';

/**
 * Whom the control socket acts as: the first owner of the account that operates the deployment, or, once they have left, stepped down or
 * been suspended, the owner who has been there longest. An account is never without one.
 */
export async function findOperator(members: MemberStore): Promise<Actor> {
  const first = await members.findAdministrator();
  if (first === undefined) {
    throw new AppError(
      'failed-precondition',
      'There is no administrator yet. Open the one-time link that the server printed when it started.',
    );
  }
  const { accountId } = first;
  const owners = (await members.listMembers({ accountId }, 'person'))
    .filter(({ role, suspendedAt }) => role === 'owner' && suspendedAt === null)
    .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
  const owner = owners.find(({ id }) => id === first.userId) ?? owners[0];
  return { accountId, userId: owner?.id ?? first.userId, via: 'control-socket' };
}
