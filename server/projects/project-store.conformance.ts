import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { Project, ProjectStore, Viewer } from './project-store.ts';

export type ProjectStoreHarness = {
  readonly store: ProjectStore;
  /** Makes a user in an account of their own. */
  newMember(): Promise<Viewer>;
  /** Makes another user in the same account. */
  newColleague(of: Viewer): Promise<Viewer>;
};

/** What every {@link ProjectStore} must do. */
export function projectStoreConformance(name: string, open: () => Promise<ProjectStoreHarness>): void {
  describe(`${name} as a project store`, () => {
    let harness: ProjectStoreHarness;
    let ada: Viewer;

    beforeEach(async () => {
      harness = await open();
      ada = await harness.newMember();
    });

    function project(owner: Viewer, projectName = 'Contracts'): Project {
      return {
        id: newId(),
        accountId: owner.accountId,
        name: projectName,
        description: 'What we sign',
        createdBy: owner.userId,
        createdAt: new Date('2026-05-01T12:00:00Z'),
      };
    }

    it('gives a project back as it was added, with its creator as its Admin', async () => {
      const added = project(ada);
      await harness.store.add(added);
      expect(await harness.store.find(ada, added.id)).toEqual({ ...added, role: 'admin' });
    });

    it('lists by name, and only projects that the viewer is a member of', async () => {
      const colleague = await harness.newColleague(ada);
      for (const projectName of ['b', 'B', 'a']) await harness.store.add(project(ada, projectName));
      await harness.store.add(project(colleague, 'theirs'));
      expect((await harness.store.list(ada)).map((found) => found.name)).toEqual(['B', 'a', 'b']);
    });

    it("shows another account's project as one that does not exist", async () => {
      const eve = await harness.newMember();
      const added = project(ada);
      await harness.store.add(added);
      expect(await harness.store.find(eve, added.id)).toBeUndefined();
      expect(await harness.store.list(eve)).toEqual([]);
      expect(await harness.store.update(eve.accountId, added.id, { name: 'mine' })).toBe(false);
      await harness.store.delete(eve.accountId, added.id);
      expect(await harness.store.find(ada, added.id)).toMatchObject({ name: 'Contracts' });
    });

    it('changes just what it is told to', async () => {
      const added = project(ada);
      await harness.store.add(added);
      expect(await harness.store.update(ada.accountId, added.id, { name: 'Leases' })).toBe(true);
      expect(await harness.store.find(ada, added.id)).toMatchObject({ name: 'Leases', description: 'What we sign' });
      expect(await harness.store.update(ada.accountId, newId(), { name: 'x' })).toBe(false);
    });

    it('forgets a deleted project, and does not mind deleting it twice', async () => {
      const added = project(ada);
      await harness.store.add(added);
      await harness.store.delete(ada.accountId, added.id);
      await harness.store.delete(ada.accountId, added.id);
      expect(await harness.store.find(ada, added.id)).toBeUndefined();
    });
  });
}
