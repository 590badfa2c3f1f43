import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { CollaboratorStore } from './collaborator-store.ts';
import type { ProjectStoresHarness } from './project-store.conformance.ts';
import type { Viewer } from './project-store.ts';

const now = new Date('2026-05-01T12:00:00Z');
const later = new Date('2026-05-02T12:00:00Z');

/** What every {@link CollaboratorStore} must do. */
export function collaboratorStoreConformance(name: string, open: () => Promise<ProjectStoresHarness>): void {
  describe(`${name} as a collaborator store`, () => {
    let harness: ProjectStoresHarness;
    let store: CollaboratorStore;
    let ada: Viewer;
    let projectId: string;

    beforeEach(async () => {
      harness = await open();
      store = harness.collaborators;
      ada = await harness.newMember();
      projectId = newId();
      await harness.projects.add({
        id: projectId,
        accountId: ada.accountId,
        name: 'Contracts',
        description: '',
        createdBy: ada.userId,
        createdAt: now,
      });
    });

    const rolesSeenBy = async (viewer: Viewer) =>
      Object.fromEntries((await store.list(viewer, projectId)).map(({ userId, role }) => [userId, role]));

    it('adds people and service IDs, and lists everybody by name', async () => {
      const zoe = await harness.newColleague(ada, { name: 'Zoë' });
      const robot = await harness.newColleague(ada, { name: 'Nightly', role: 'service' });
      expect(await store.put(ada, projectId, robot.userId, 'editor', now)).toEqual({
        collaborator: {
          userId: robot.userId,
          kind: 'service',
          name: 'Nightly',
          email: null,
          role: 'editor',
          createdAt: now,
        },
      });
      await store.put(ada, projectId, zoe.userId, 'viewer', now);
      const listed = await store.list(ada, projectId);
      expect(listed.map((collaborator) => [collaborator.name, collaborator.kind, collaborator.role])).toEqual([
        ['Ada', 'person', 'admin'],
        ['Nightly', 'service', 'editor'],
        ['Zoë', 'person', 'viewer'],
      ]);
    });

    it('changes a role, says what it was, and keeps since when somebody is in', async () => {
      const { userId } = await harness.newColleague(ada);
      await store.put(ada, projectId, userId, 'viewer', now);
      const changed = await store.put(ada, projectId, userId, 'admin', later);
      expect(changed).toMatchObject({ collaborator: { role: 'admin', createdAt: now }, previousRole: 'viewer' });
    });

    it('knows nobody of another account', async () => {
      const eve = await harness.newMember();
      expect(await store.put(ada, projectId, eve.userId, 'viewer', now)).toBeUndefined();
      expect(await store.put(ada, projectId, newId(), 'viewer', now)).toBeUndefined();
      expect(await store.list(eve, projectId)).toEqual([]);
      expect(await store.remove(eve, projectId, ada.userId)).toBeUndefined();
      const accomplice = await harness.newColleague(eve);
      await expect(store.put(eve, projectId, accomplice.userId, 'admin', now)).rejects.toMatchObject({
        code: 'not-found',
      });
      expect(await rolesSeenBy(ada)).toEqual({ [ada.userId]: 'admin' });
    });

    it('lets nobody but Admins give roles, not even to themselves', async () => {
      const editor = await harness.newColleague(ada);
      const outsider = await harness.newColleague(ada, { role: 'owner' });
      await store.put(ada, projectId, editor.userId, 'editor', now);
      await harness.bucketGrants.put(ada, projectId, outsider.userId, 'writer', now);
      for (const viewer of [editor, outsider]) {
        const attempt = store.put(viewer, projectId, viewer.userId, 'admin', now);
        await expect(attempt).rejects.toMatchObject({ code: 'not-found' });
        expect(await store.remove(viewer, projectId, ada.userId)).toBeUndefined();
      }
      expect(await rolesSeenBy(editor)).toEqual({ [ada.userId]: 'admin', [editor.userId]: 'editor' });
      expect(await rolesSeenBy(outsider)).toEqual({});
      await expect(store.put(ada, newId(), editor.userId, 'viewer', now)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('takes a role away once, and lets everybody give back their own', async () => {
      const [bob, carol] = [await harness.newColleague(ada), await harness.newColleague(ada)];
      for (const { userId } of [bob, carol]) await store.put(ada, projectId, userId, 'viewer', now);
      expect(await store.remove(bob, projectId, bob.userId)).toBe('viewer');
      expect(await store.remove(ada, projectId, carol.userId)).toBe('viewer');
      expect(await store.remove(ada, projectId, carol.userId)).toBeUndefined();
      expect(await rolesSeenBy(ada)).toEqual({ [ada.userId]: 'admin' });
      expect(await rolesSeenBy(bob)).toEqual({});
    });

    it('never loses the last Admin, also when two step down at once', async () => {
      const lastAdmin = { code: 'failed-precondition', details: { reason: 'last-project-admin' } };
      await expect(store.remove(ada, projectId, ada.userId)).rejects.toMatchObject(lastAdmin);
      await expect(store.put(ada, projectId, ada.userId, 'editor', now)).rejects.toMatchObject(lastAdmin);
      const bob = await harness.newColleague(ada);
      await store.put(ada, projectId, bob.userId, 'admin', now);
      const steps = [store.remove(ada, projectId, ada.userId), store.put(bob, projectId, bob.userId, 'viewer', now)];
      const results = await Promise.allSettled(steps);
      expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: lastAdmin }]);
      const admins = [...(await store.list(ada, projectId)), ...(await store.list(bob, projectId))].filter(
        ({ role }) => role === 'admin',
      );
      expect(new Set(admins.map(({ userId }) => userId)).size).toBe(1);
    });

    it('gives the same person one role when two Admins add them at once', async () => {
      const { userId } = await harness.newColleague(ada);
      const roles = ['viewer', 'editor', 'admin', 'viewer', 'editor'] as const;
      await Promise.all(roles.map((role) => store.put(ada, projectId, userId, role, now)));
      expect(Object.keys(await rolesSeenBy(ada)).sort()).toEqual([ada.userId, userId].sort());
    });

    it('finds candidates by name or e-mail address, without those who are in or suspended', async () => {
      const find = async (text: string, limit = 20) =>
        (await store.listCandidates(ada, projectId, { text, limit })).map(({ name: found }) => found);
      const bob = await harness.newColleague(ada, { name: 'Bob 100%' });
      await harness.newColleague(ada, { name: 'Gone', isSuspended: true });
      await harness.newColleague(ada, { name: 'Nightly', role: 'service' });
      await harness.newColleague(await harness.newMember(), { name: 'Bob of another account' });
      const inside = await harness.newColleague(ada, { name: 'Bobby' });
      await store.put(ada, projectId, inside.userId, 'viewer', now);
      expect(await find('')).toEqual(['Bob 100%', 'Nightly']);
      expect(await find('', 1)).toEqual(['Bob 100%']);
      expect(await find('bOB')).toEqual(['Bob 100%']);
      expect(await find('0%')).toEqual(['Bob 100%']);
      expect(await find('%b')).toEqual([]);
      expect(await find('_')).toEqual([]);
      expect(await find(bob.userId.slice(0, 20))).toEqual(['Bob 100%']);
      await harness.bucketGrants.put(ada, projectId, bob.userId, 'reader', now);
      expect(await find('bob')).toEqual(['Bob 100%']);
    });
  });
}
