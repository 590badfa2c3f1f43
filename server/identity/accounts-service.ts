import type { Audit } from '../audit/index.ts';
import { type Actor, AppError, type Authorize } from '../core/index.ts';
import type { Account, MemberStore } from './member-store.ts';
import type { CreatedLink, PeopleLinks } from './people-links.ts';

/** Accounts: one's own, and for whoever operates the deployment all of them. */
export type AccountsService = {
  /** The actor's own. */
  get(actor: Actor): Promise<Account>;
  rename(actor: Actor, name: string): Promise<Account>;
  /**
   * Makes an account and the invitation of its first owner. For the operator: what comes over the control socket, and nobody else.
   * @throws AppError `permission-denied` for any other actor
   */
  create(
    operator: Actor,
    request: { readonly name: string; readonly ownerEmail: string },
  ): Promise<{ readonly account: Account; readonly invitation: CreatedLink }>;
  /** Every account, oldest first. For the operator. */
  list(operator: Actor): Promise<readonly Account[]>;
};

export function createAccountsService(parts: {
  readonly authorize: Authorize;
  readonly members: MemberStore;
  readonly links: PeopleLinks;
  readonly audit: Audit;
}): AccountsService {
  const { authorize, members, links, audit } = parts;

  async function accountOf({ accountId }: Actor): Promise<Account> {
    const account = await members.findAccount(accountId);
    if (account === undefined) throw new AppError('unauthenticated', 'This account is no longer there.');
    return account;
  }

  return {
    async get(actor) {
      await authorize(actor, { action: 'see-people' });
      return accountOf(actor);
    },
    async rename(actor, name) {
      await authorize(actor, { action: 'manage-account' });
      const event = {
        action: 'account.change',
        target: { type: 'account', id: actor.accountId },
        details: { fields: ['name'] },
      } as const;
      await audit.change(actor, event, () => members.renameAccount(actor, name));
      return accountOf(actor);
    },
    async create(operator, request) {
      requireOperator(operator);
      return links.inviteFirstOwner(operator, request);
    },
    async list(operator) {
      requireOperator(operator);
      return members.listAccounts();
    },
  };
}

/** No role in any account reaches another one; whoever may open the control socket has the machine. */
function requireOperator({ via }: Actor): void {
  if (via === 'control-socket') return;
  throw new AppError('permission-denied', 'Accounts are made by the operator, with `cloister account` on the server.', {
    details: { reason: 'operator-only' },
  });
}
