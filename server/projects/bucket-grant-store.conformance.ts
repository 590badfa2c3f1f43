import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { BucketGrantStore } from './bucket-grant-store.ts';
import type { ProjectStoresHarness } from './project-store.conformance.ts';
import type { Viewer } from './project-store.ts';

const now = new Date('2026-05-01T12:00:00Z');
const later = new Date('2026-05-02T12:00:00Z');

/** What every {@link BucketGrantStore} must do. */
export function bucketGrantStoreConformance(name: string, open: () => Promise<ProjectStoresHarness>): void {
  describe(`${name} as a store of bucket grants`, () => {
    let harness: ProjectStoresHarness;
    let store: BucketGrantStore;
    let ada: Viewer;
    let bob: Viewer;
    let projectId: string;

    beforeEach(async () => {
      harness = await open();
      store = harness.bucketGrants;
      ada = await harness.newMember();
      bob = await harness.newColleague(ada, { name: 'Bob' });
      projectId = await newProject('Contracts');
    });

    async function newProject(projectName: string): Promise<string> {
      const id = newId();
      const { accountId, userId: createdBy } = ada;
      await harness.projects.add({ id, accountId, name: projectName, description: '', createdBy, createdAt: now });
      return id;
    }

    it('grants a bucket to somebody without a role, who then finds it', async () => {
      const granted = await store.put(ada, projectId, bob.userId, 'reader', now);
      expect(granted).toEqual({
        grant: {
          userId: bob.userId,
          kind: 'person',
          name: 'Bob',
          email: `${bob.userId}@example.org`,
          access: 'reader',
          createdAt: now,
        },
      });
      expect(await store.list(ada, projectId)).toEqual([granted?.grant]);
      const other = await newProject('Archive');
      await store.put(ada, other, bob.userId, 'writer', now);
      expect(await store.listGranted(bob)).toEqual([
        { projectId: other, projectName: 'Archive', access: 'writer' },
        { projectId, projectName: 'Contracts', access: 'reader' },
      ]);
      expect(await store.listGranted(ada)).toEqual([]);
      expect(await harness.projects.list(bob)).toEqual([]);
    });

    it('changes access, says what it was, and keeps since when it is there', async () => {
      await store.put(ada, projectId, bob.userId, 'reader', now);
      const changed = await store.put(ada, projectId, bob.userId, 'writer', later);
      expect(changed).toMatchObject({ grant: { access: 'writer', createdAt: now }, previousAccess: 'reader' });
    });

    it('shows somebody who was granted the bucket their own grant and nobody else’s', async () => {
      const carol = await harness.newColleague(ada, { name: 'Carol' });
      for (const { userId } of [bob, carol]) await store.put(ada, projectId, userId, 'reader', now);
      expect((await store.list(ada, projectId)).map(({ name: found }) => found)).toEqual(['Bob', 'Carol']);
      expect((await store.list(bob, projectId)).map(({ name: found }) => found)).toEqual(['Bob']);
    });

    it('lets nobody but Admins grant anything', async () => {
      await store.put(ada, projectId, bob.userId, 'reader', now);
      const editor = await harness.newColleague(ada);
      await harness.collaborators.put(ada, projectId, editor.userId, 'editor', now);
      const outsider = await harness.newColleague(ada, { role: 'owner' });
      for (const viewer of [bob, editor, outsider]) {
        const attempt = store.put(viewer, projectId, viewer.userId, 'writer', now);
        await expect(attempt).rejects.toMatchObject({ code: 'not-found' });
      }
      expect(await store.remove(editor, projectId, bob.userId)).toBeUndefined();
      expect((await store.list(ada, projectId)).map(({ access }) => access)).toEqual(['reader']);
    });

    it('knows nobody of another account', async () => {
      const eve = await harness.newMember();
      await store.put(ada, projectId, bob.userId, 'reader', now);
      expect(await store.put(ada, projectId, eve.userId, 'reader', now)).toBeUndefined();
      expect(await store.list(eve, projectId)).toEqual([]);
      expect(await store.remove(eve, projectId, bob.userId)).toBeUndefined();
      expect(await store.list(ada, projectId)).toHaveLength(1);
    });

    it('takes a grant away once, and lets everybody give back their own', async () => {
      const carol = await harness.newColleague(ada);
      for (const { userId } of [bob, carol]) await store.put(ada, projectId, userId, 'writer', now);
      expect(await store.remove(bob, projectId, bob.userId)).toBe('writer');
      expect(await store.remove(ada, projectId, carol.userId)).toBe('writer');
      expect(await store.remove(ada, projectId, carol.userId)).toBeUndefined();
      expect(await store.list(ada, projectId)).toEqual([]);
      expect(await store.listGranted(bob)).toEqual([]);
    });

    it('takes every grant with the project', async () => {
      await store.put(ada, projectId, bob.userId, 'writer', now);
      await harness.projects.delete(ada, projectId);
      expect(await store.listGranted(bob)).toEqual([]);
    });
  });
}
