import type { Audit } from '../../audit/index.ts';
import { type Actor, AppError, type Authorize, isId, notFound } from '../../core/index.ts';
import type { AccountDataOwner } from './account-data-owner.ts';
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
  /**
   * Makes that invitation anew, at the same or another address, for an account in which nobody is yet; the earlier one ends. For the operator.
   * @throws AppError `not-found`; `failed-precondition`, reason `account-has-people`
   */
  inviteOwner(operator: Actor, accountId: string, ownerEmail: string): Promise<CreatedLink>;
  /** Every account, oldest first. For the operator. */
  list(operator: Actor): Promise<readonly Account[]>;
  /**
   * Removes an account with everybody and everything in it, for good. After a crash in its middle the account is still there, empty or not,
   * and a second call finishes. For the operator.
   * @throws AppError `not-found`; `failed-precondition` for the account that operates the deployment
   */
  remove(operator: Actor, accountId: string): Promise<void>;
};

export function createAccountsService(parts: {
  readonly authorize: Authorize;
  readonly members: MemberStore;
  readonly links: PeopleLinks;
  readonly accountData: AccountDataOwner;
  readonly audit: Audit;
}): AccountsService {
  const { authorize, members, links, accountData, audit } = parts;

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
    async inviteOwner(operator, accountId, ownerEmail) {
      requireOperator(operator);
      if (!isId(accountId) || (await members.findAccount(accountId)) === undefined)
        throw notFound('account', accountId);
      return links.inviteFirstOwnerAgain(operator, accountId, ownerEmail);
    },
    async list(operator) {
      requireOperator(operator);
      return members.listAccounts();
    },
    async remove(operator, accountId) {
      requireOperator(operator);
      if ((await members.findAccount(accountId)) === undefined) throw notFound('account', accountId);
      if ((await members.findAdministrator())?.accountId === accountId) {
        throw new AppError('failed-precondition', 'This account operates the deployment and cannot be removed.', {
          details: { reason: 'operating-account' },
        });
      }
      // In the operator's chain, as the account's own goes with it; first, since no transaction reaches into two accounts. A call that
      // crashes and is repeated is told twice.
      await audit.record(operator, { action: 'account.remove', target: { type: 'account', id: accountId } });
      // The row goes after the data, so that a second call finds it.
      await accountData.purgeAccount(accountId);
      await members.removeAccount(accountId);
      // What its people made in between; from now on nobody can.
      await accountData.purgeAccount(accountId);
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
