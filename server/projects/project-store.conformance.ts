import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { ProjectsStores } from './create-projects.ts';
import type { Project, ProjectStore, Viewer } from './project-store.ts';
import type { TestMember } from './testing.ts';

export type ProjectStoresHarness = ProjectsStores & {
  /** Makes a person in an account of their own. */
  newMember(): Promise<Viewer>;
  /** Makes another person, or a service ID (role `service`), in the same account. */
  newColleague(of: Viewer, member?: TestMember): Promise<Viewer>;
};

/** What every {@link ProjectStore} must do. */
export function projectStoreConformance(name: string, open: () => Promise<ProjectStoresHarness>): void {
  describe(`${name} as a project store`, () => {
    let harness: ProjectStoresHarness;
    let store: ProjectStore;
    let ada: Viewer;

    beforeEach(async () => {
      harness = await open();
      store = harness.projects;
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
      await store.add(added);
      expect(await store.find(ada, added.id)).toEqual({ ...added, role: 'admin' });
    });

    it('lists by name, and only projects that the viewer is a member of', async () => {
      const colleague = await harness.newColleague(ada);
      for (const projectName of ['b', 'B', 'a']) await store.add(project(ada, projectName));
      await store.add(project(colleague, 'theirs'));
      expect((await store.list(ada)).map((found) => found.name)).toEqual(['B', 'a', 'b']);
    });

    it("shows another account's project as one that does not exist", async () => {
      const eve = await harness.newMember();
      const added = project(ada);
      await store.add(added);
      expect(await store.find(eve, added.id)).toBeUndefined();
      expect(await store.list(eve)).toEqual([]);
      expect(await store.update(eve, added.id, { name: 'mine' })).toBe(false);
      expect(await store.delete(eve, added.id)).toBe(false);
      expect(await store.find(ada, added.id)).toMatchObject({ name: 'Contracts' });
    });

    it('changes just what it is told to', async () => {
      const added = project(ada);
      await store.add(added);
      expect(await store.update(ada, added.id, { name: 'Leases' })).toBe(true);
      expect(await store.find(ada, added.id)).toMatchObject({ name: 'Leases', description: 'What we sign' });
      expect(await store.update(ada, newId(), { name: 'x' })).toBe(false);
    });

    it('forgets a deleted project, and does not mind deleting it twice', async () => {
      const added = project(ada);
      await store.add(added);
      expect(await store.delete(ada, added.id)).toBe(true);
      expect(await store.delete(ada, added.id)).toBe(false);
      expect(await store.find(ada, added.id)).toBeUndefined();
    });

    it('forgets all projects of an account, whoever their Admins are, and no other', async () => {
      const eve = await harness.newMember();
      const [one, two] = [project(ada), project(await harness.newColleague(ada))];
      const theirs = project(eve);
      for (const added of [one, two, theirs]) await store.add(added);
      expect([...(await store.deleteAll(ada.accountId))].sort()).toEqual([one.id, two.id].sort());
      expect(await store.deleteAll(ada.accountId)).toEqual([]);
      expect(await store.list(ada)).toEqual([]);
      expect(await store.list(eve)).toHaveLength(1);
    });

    it('lets Admins change and delete, everybody with a role look, and nobody else see anything', async () => {
      const added = project(ada);
      await store.add(added);
      for (const role of ['editor', 'viewer'] as const) {
        const colleague = await harness.newColleague(ada);
        await harness.collaborators.put(ada, added.id, colleague.userId, role, added.createdAt);
        expect(await store.find(colleague, added.id)).toEqual({ ...added, role });
        expect(await store.update(colleague, added.id, { name: 'mine' })).toBe(false);
        expect(await store.delete(colleague, added.id)).toBe(false);
      }
      const reader = await harness.newColleague(ada);
      await harness.bucketGrants.put(ada, added.id, reader.userId, 'writer', added.createdAt);
      for (const outsider of [reader, await harness.newColleague(ada, { role: 'owner' })]) {
        expect(await store.find(outsider, added.id)).toBeUndefined();
        expect(await store.list(outsider)).toEqual([]);
        expect(await store.update(outsider, added.id, { name: 'mine' })).toBe(false);
        expect(await store.delete(outsider, added.id)).toBe(false);
      }
      expect(await store.find(ada, added.id)).toMatchObject({ name: 'Contracts' });
    });
  });
}
