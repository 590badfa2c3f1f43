import { beforeEach, describe, expect, it } from 'vitest';
import { newId, type ProjectAccess } from '../../core/index.ts';
import type { Member, MemberStore, Membership } from '../members/member-store.ts';
import type { AccessStore } from './access-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');

export type AccessStoreHarness = {
  readonly access: AccessStore;
  readonly members: MemberStore;
  /** Makes a project of the account. @returns its id */
  addProject(accountId: string): Promise<string>;
  /** Gives somebody these, and nothing else, in a project; the projects room does that. */
  setProjectAccess(membership: Membership, projectId: string, access: ProjectAccess): Promise<void>;
};

/** What every {@link AccessStore} must do. @param open gives an empty one. */
export function accessStoreConformance(name: string, open: () => Promise<AccessStoreHarness>): void {
  describe(`${name} as an access store`, () => {
    let access: AccessStore;
    let members: MemberStore;
    let harness: AccessStoreHarness;
    let ada: Membership;
    let bo: Membership;
    beforeEach(async () => {
      harness = await open();
      ({ access, members } = harness);
      const account = { id: newId(), name: 'Hospital', createdAt: NOW };
      const [owner, colleague] = [newMember(account.id, 'owner'), newMember(account.id, 'billing-viewer')];
      await members.createFirstAccount(account, owner);
      await members.addMember({ accountId: account.id }, colleague);
      [ada, bo] = [owner, colleague].map(({ id }) => ({ accountId: account.id, userId: id })) as [
        Membership,
        Membership,
      ];
    });

    it('knows the role of everybody in the account, and of nobody else', async () => {
      expect(await access.findAccountRole(ada)).toBe('owner');
      expect(await access.findAccountRole(bo)).toBe('billing-viewer');
      expect(await access.findAccountRole({ ...ada, userId: newId() })).toBeUndefined();
      expect(await access.findAccountRole({ ...ada, accountId: newId() })).toBeUndefined();
    });

    it('tells a changed role at the next question', async () => {
      await members.changeMember(ada, bo.userId, { role: 'member' });
      expect(await access.findAccountRole(bo)).toBe('member');
      await members.removeMember(ada, bo.userId);
      expect(await access.findAccountRole(bo)).toBeUndefined();
    });

    it('tells a role in a project, a grant of its bucket, and both', async () => {
      const { accountId } = ada;
      const projectId = await harness.addProject(accountId);
      await harness.setProjectAccess(ada, projectId, { role: 'admin' });
      for (const given of [{ role: 'viewer' }, { bucket: 'reader' }, { role: 'editor', bucket: 'writer' }] as const) {
        await harness.setProjectAccess(bo, projectId, given);
        expect(await access.findProjectAccess(bo, projectId)).toEqual(given);
      }
      await harness.setProjectAccess(bo, projectId, {});
      expect(await access.findProjectAccess(bo, projectId)).toBeUndefined();
      expect(await access.findProjectAccess(ada, projectId)).toEqual({ role: 'admin' });
      expect(await access.findProjectAccess(ada, newId())).toBeUndefined();
      expect(await access.findProjectAccess({ ...ada, accountId: newId() }, projectId)).toBeUndefined();
    });

    it('knows nothing of somebody who is suspended, until they are not', async () => {
      const projectId = await harness.addProject(ada.accountId);
      await harness.setProjectAccess(ada, projectId, { role: 'admin' });
      await harness.setProjectAccess(bo, projectId, { role: 'editor', bucket: 'writer' });
      await members.changeMember(ada, bo.userId, { suspendedAt: NOW });
      expect(await access.findAccountRole(bo)).toBeUndefined();
      expect(await access.findProjectAccess(bo, projectId)).toBeUndefined();
      await members.changeMember(ada, bo.userId, { suspendedAt: null });
      expect(await access.findProjectAccess(bo, projectId)).toEqual({ role: 'editor', bucket: 'writer' });
    });

    it('takes the first account as the one that operates the deployment', async () => {
      const second = { id: newId(), name: 'Laboratory', createdAt: NOW };
      await members.addAccount(second);
      expect(await access.isOperatingAccount(ada.accountId)).toBe(true);
      expect(await access.isOperatingAccount(second.id)).toBe(false);
    });
  });
}

function newMember(accountId: string, role: Member['role']): Member {
  const id = newId();
  return {
    id,
    accountId,
    kind: 'person',
    email: `${id}@example.org`,
    name: role,
    description: '',
    role,
    passwordHash: 'hash',
    passwordChangedAt: NOW,
    suspendedAt: null,
    createdAt: NOW,
  };
}
