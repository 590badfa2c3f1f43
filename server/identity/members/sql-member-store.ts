import type { Selectable } from 'kysely';
import { AppError, isAppError, notFound } from '../../core/index.ts';
import {
  allowLongStatements,
  type Database,
  type DatabaseTransaction,
  listAccountIds,
  type Tables,
} from '../../database/index.ts';
import {
  type Account,
  endsLinks,
  type Member,
  type MemberChange,
  type MemberScope,
  type MemberStore,
  type Membership,
  type OneTimeLink,
} from './member-store.ts';

/** The store in PostgreSQL. Which rows a query sees is decided by the policies of the tables, see the database room. */
export class SqlMemberStore implements MemberStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findAdministrator(): Promise<Membership | undefined> {
    return this.#database.inDeployment(async (transaction) => {
      const row = await transaction.selectFrom('deployment').selectAll().executeTakeFirst();
      if (!row?.administrator_account_id || !row.administrator_user_id) return undefined;
      return { accountId: row.administrator_account_id, userId: row.administrator_user_id };
    });
  }

  createFirstAccount(account: Account, owner: Member): Promise<boolean> {
    return this.#database.inAccount({ accountId: account.id, userId: owner.id }, async (transaction) => {
      // The row lock of this update makes racing callers wait, and then find it set up.
      const { numUpdatedRows } = await transaction
        .updateTable('deployment')
        .set({ set_up_at: account.createdAt, administrator_account_id: account.id, administrator_user_id: owner.id })
        .where('set_up_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await insertAccount(transaction, account);
      await insertMember(transaction, owner);
      return true;
    });
  }

  async addAccount(account: Account): Promise<void> {
    await this.#database.inAccount({ accountId: account.id }, (transaction) => insertAccount(transaction, account));
  }

  findAccount(accountId: string): Promise<Account | undefined> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      const row = await transaction.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirst();
      return row && { id: row.id, name: row.name, createdAt: row.created_at };
    });
  }

  async listAccounts(): Promise<readonly Account[]> {
    // One after the other: row-level security shows a transaction one account.
    const accounts: Account[] = [];
    for (const id of await listAccountIds(this.#database)) {
      const account = await this.findAccount(id);
      if (account !== undefined) accounts.push(account);
    }
    return accounts.sort(
      (one, other) => one.createdAt.getTime() - other.createdAt.getTime() || one.id.localeCompare(other.id),
    );
  }

  async renameAccount(scope: MemberScope, name: string): Promise<void> {
    await this.#database.inAccount(scope, (transaction) =>
      transaction.updateTable('accounts').set({ name }).where('id', '=', scope.accountId).execute(),
    );
  }

  removeAccount(accountId: string): Promise<boolean> {
    return this.#database.inAccount({ accountId }, async (transaction) => {
      await allowLongStatements(transaction);
      const { numDeletedRows } = await transaction
        .deleteFrom('accounts')
        .where('id', '=', accountId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  findMember(membership: Membership): Promise<Member | undefined> {
    return this.#database.inAccount(membership, async (transaction) => {
      const row = await selectMember(transaction, membership).executeTakeFirst();
      return row && toMember(row);
    });
  }

  findPeopleByEmail(email: string): Promise<readonly Member[]> {
    return this.#database.withPresented(email, async (transaction) => {
      const rows = await transaction
        .selectFrom('users')
        .selectAll()
        .where('email', '=', email)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toMember);
    });
  }

  listMembers(scope: MemberScope, kind: Member['kind']): Promise<readonly Member[]> {
    return this.#database.inAccount(scope, async (transaction) => {
      const rows = await transaction
        .selectFrom('users')
        .selectAll()
        .where('account_id', '=', scope.accountId)
        .where('kind', '=', kind)
        .orderBy('name')
        .orderBy('id')
        .execute();
      return rows.map(toMember);
    });
  }

  async addMember(scope: MemberScope, member: Member): Promise<void> {
    try {
      await this.#database.inAccount(scope, (transaction) => insertMember(transaction, member));
    } catch (error) {
      if (!isAppError(error, 'already-exists')) throw error;
      throw new AppError('already-exists', 'Somebody with this e-mail address is in the account already.', {
        details: { reason: 'email-taken' },
      });
    }
  }

  changeMember(
    scope: MemberScope,
    userId: string,
    change: MemberChange,
  ): Promise<{ readonly before: Member; readonly after: Member } | undefined> {
    return this.#database.inAccount(scope, async (transaction) => {
      // Locked as for an update, so that it is the row that is changed, and none that the scope may only see.
      const row = await selectMember(transaction, { accountId: scope.accountId, userId })
        .forUpdate()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const before = toMember(row);
      const after = { ...before, ...change };
      await deleteLinksOf(transaction, before, endsLinks(before, after));
      await transaction
        .updateTable('users')
        .set({
          name: after.name,
          description: after.description,
          role: after.role,
          password_hash: after.passwordHash,
          password_changed_at: after.passwordChangedAt,
          suspended_at: after.suspendedAt,
        })
        .where('account_id', '=', scope.accountId)
        .where('id', '=', userId)
        .execute();
      return { before, after };
    });
  }

  removeMember(scope: MemberScope, userId: string): Promise<boolean> {
    return this.#database.inAccount(scope, async (transaction) => {
      const membership = { accountId: scope.accountId, userId };
      const row = await selectMember(transaction, membership).forUpdate().executeTakeFirst();
      if (row === undefined) return false;
      await deleteLinksOf(transaction, toMember(row), { forThem: true, byThem: true });
      const { numDeletedRows } = await transaction
        .deleteFrom('users')
        .where('account_id', '=', scope.accountId)
        .where('id', '=', userId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }

  async addLink(scope: MemberScope, link: OneTimeLink): Promise<void> {
    const isInvitation = link.purpose === 'invitation';
    await this.#database.inAccount(scope, (transaction) =>
      transaction
        .insertInto('one_time_links')
        .values({
          id: link.id,
          account_id: link.accountId,
          purpose: link.purpose,
          token_hash: link.tokenHash,
          email: isInvitation ? link.email : null,
          role: isInvitation ? link.role : null,
          user_id: isInvitation ? null : link.userId,
          created_by: link.createdBy,
          created_at: link.createdAt,
          expires_at: link.expiresAt,
        })
        .execute(),
    );
  }

  findLink(tokenHash: string): Promise<OneTimeLink | undefined> {
    return this.#database.withPresented(tokenHash, async (transaction) => {
      const row = await transaction
        .selectFrom('one_time_links')
        .selectAll()
        .where('token_hash', '=', tokenHash)
        .executeTakeFirst();
      return row && toLink(row);
    });
  }

  listLinks(scope: MemberScope, purpose: OneTimeLink['purpose']): Promise<readonly OneTimeLink[]> {
    return this.#database.inAccount(scope, async (transaction) => {
      const rows = await transaction
        .selectFrom('one_time_links')
        .selectAll()
        .where('account_id', '=', scope.accountId)
        .where('purpose', '=', purpose)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toLink);
    });
  }

  deleteLink(scope: MemberScope, id: string): Promise<boolean> {
    return this.#database.inAccount(scope, async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('one_time_links')
        .where('account_id', '=', scope.accountId)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }
}

async function insertAccount(transaction: DatabaseTransaction, account: Account): Promise<void> {
  await transaction
    .insertInto('accounts')
    .values({ id: account.id, name: account.name, created_at: account.createdAt })
    .execute();
}

async function insertMember(transaction: DatabaseTransaction, member: Member): Promise<void> {
  await transaction
    .insertInto('users')
    .values({
      id: member.id,
      account_id: member.accountId,
      kind: member.kind,
      email: member.email,
      name: member.name,
      description: member.description,
      role: member.role,
      password_hash: member.passwordHash,
      password_changed_at: member.passwordChangedAt,
      suspended_at: member.suspendedAt,
      created_at: member.createdAt,
    })
    .execute();
}

/**
 * Once the member is locked, so that whoever uses a link waits for this one instead of each for the other; before they are changed, since
 * somebody who steps down may delete no links afterwards.
 */
async function deleteLinksOf(
  transaction: DatabaseTransaction,
  { accountId, id }: Member,
  { forThem, byThem }: { readonly forThem: boolean; readonly byThem: boolean },
): Promise<void> {
  if (!forThem && !byThem) return;
  await transaction
    .deleteFrom('one_time_links')
    .where('account_id', '=', accountId)
    .where(({ eb, or }) =>
      or([...(forThem ? [eb('user_id', '=', id)] : []), ...(byThem ? [eb('created_by', '=', id)] : [])]),
    )
    .execute();
}

function selectMember(transaction: DatabaseTransaction, { accountId, userId }: Membership) {
  return transaction.selectFrom('users').selectAll().where('account_id', '=', accountId).where('id', '=', userId);
}

function toMember(row: Selectable<Tables['users']>): Member {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    email: row.email,
    name: row.name,
    description: row.description,
    role: row.role,
    passwordHash: row.password_hash,
    passwordChangedAt: row.password_changed_at,
    suspendedAt: row.suspended_at,
    createdAt: row.created_at,
  };
}

function toLink(row: Selectable<Tables['one_time_links']>): OneTimeLink {
  const link = {
    id: row.id,
    accountId: row.account_id,
    tokenHash: row.token_hash,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
  if (row.purpose === 'invitation' && row.email !== null && row.role !== null)
    return { ...link, purpose: 'invitation', email: row.email, role: row.role };
  if (row.purpose === 'password-reset' && row.user_id !== null)
    return { ...link, purpose: 'password-reset', userId: row.user_id };
  throw notFound('link', row.id);
}
