import type { AccountRole, Session } from '../../contract/app/index.ts';

type Role = Session['user']['role'];

/** Roles of the account as pages say them, the one with the most rights first. */
export const accountRoleWords: Readonly<Record<AccountRole, string>> = {
  owner: 'Owner',
  administrator: 'Administrator',
  member: 'Member',
  'governance-administrator': 'Governance administrator',
  'billing-viewer': 'Billing viewer',
};

/** What each role is for, in one sentence. None of them opens a project. */
export const accountRoleMeanings: Readonly<Record<AccountRole, string>> = {
  owner: 'As an administrator, and decides who else is an owner. An account always has one.',
  administrator: 'Manages people, service IDs, models and the account, and reads the audit log.',
  member: 'Creates projects, and works in those that they are added to.',
  'governance-administrator': 'As a member, and reads the audit log.',
  'billing-viewer': 'Sees people and usage. Runs no prompt and creates no project.',
};

export const accountRoles = Object.keys(accountRoleWords) as readonly AccountRole[];

/** Roles that somebody of this role may give: owners decide about owners. */
export const rolesToGive = (giver: Role | undefined): readonly AccountRole[] =>
  giver === 'owner' ? accountRoles : accountRoles.filter((role) => role !== 'owner');

/** What pages offer; the server decides again on every request. */
export const managesPeople = (role: Role): boolean => role === 'owner' || role === 'administrator';
export const readsAuditLog = (role: Role): boolean => managesPeople(role) || role === 'governance-administrator';
export const createsProjects = (role: Role): boolean => role !== 'billing-viewer' && role !== 'service';
