import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { KeyBinding, KeyBindingStore, KeyScope } from './key-binding.ts';

/** A store to test, and people who have something to say in it. */
export type KeyBindingStoreHarness = {
  readonly store: KeyBindingStore;
  /**
   * A project "P" in an account "A" of its own. `administrator` manages the account's key and has no role in the project; `admin` manages the
   * project's; `viewer` sees the project.
   */
  newProject(): Promise<{
    readonly accountId: string;
    readonly projectId: string;
    readonly people: Readonly<Record<'administrator' | 'admin' | 'viewer', string>>;
  }>;
  close(): Promise<void>;
};

/** What every store of bindings must do. */
export function keyBindingStoreConformance(name: string, open: () => Promise<KeyBindingStoreHarness>): void {
  describe(`the ${name} key binding store, as every one,`, () => {
    let harness: KeyBindingStoreHarness;
    let store: KeyBindingStore;
    const at = new Date('2026-11-24T12:00:00.123Z');
    const own: KeyBinding = { wrappingKey: { providerId: 'vault', keyId: 'clinic' }, state: 'enabled', changedAt: at };
    const disabled: KeyBinding = { state: 'disabled', changedAt: at };

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    it('finds nothing where nobody decided anything', async () => {
      const { accountId, projectId } = await harness.newProject();
      expect(await store.find({ accountId, projectId })).toEqual({});
      expect(await store.projectsWithOwnKey(accountId)).toEqual(new Set());
    });

    it('finds what was decided for a project and its account, each by itself', async () => {
      const { people, ...project } = await harness.newProject();
      const account = { accountId: project.accountId };
      await store.put(project, own, people.admin);
      expect(await store.find(project)).toEqual({ project: own });
      expect(await store.find(account)).toEqual({});
      await store.put(account, disabled, people.administrator);
      expect(await store.find(project)).toEqual({ project: own, account: disabled });
      expect(await store.find(account)).toEqual({ account: disabled });
    });

    it('puts a decision in place of the one before', async () => {
      const { people, ...project } = await harness.newProject();
      await store.put(project, own, people.admin);
      const later = { state: 'destroyed', changedAt: new Date(at.getTime() + 1) } as const;
      await store.put(project, later, people.admin);
      expect(await store.find(project)).toEqual({ project: later });
    });

    it('reads for a change what was decided for this very scope', async () => {
      const { people, ...project } = await harness.newProject();
      const account = { accountId: project.accountId };
      await store.put(account, disabled, people.administrator);
      expect(await store.lock(project, people.admin)).toBeUndefined();
      expect(await store.lock(account, people.administrator)).toEqual(disabled);
      await store.put(project, own, people.admin);
      expect(await store.lock(project, people.admin)).toEqual(own);
    });

    it('tells another account and project nothing', async () => {
      const { people, ...project } = await harness.newProject();
      const other = await harness.newProject();
      await store.put(project, own, people.admin);
      expect(await store.find({ accountId: other.accountId, projectId: other.projectId })).toEqual({});
      expect(await store.find({ accountId: other.accountId, projectId: project.projectId })).toEqual({});
    });

    it('names the projects with a key of their own', async () => {
      const { people, ...project } = await harness.newProject();
      await store.put(project, disabled, people.admin);
      expect(await store.projectsWithOwnKey(project.accountId)).toEqual(new Set());
      await store.put(project, own, people.admin);
      await store.put({ accountId: project.accountId }, own, people.administrator);
      expect(await store.projectsWithOwnKey(project.accountId)).toEqual(new Set([project.projectId]));
    });

    it('knows whether others are bound to a key too, in this account or another', async () => {
      const [{ people, ...project }, { people: others, ...foreign }] = [
        await harness.newProject(),
        await harness.newProject(),
      ];
      const [account, key] = [{ accountId: project.accountId }, { providerId: 'vault', keyId: newId() }];
      const bound = { ...own, wrappingKey: key };
      await store.put(project, bound, people.admin);
      expect(await store.isBoundElsewhere(project, key)).toBe(false);
      expect(await store.isBoundElsewhere(project, { ...key, keyId: newId() })).toBe(false);
      expect(await store.isBoundElsewhere(project, { ...key, providerId: 'other' })).toBe(false);
      for (const scope of [account, foreign, { accountId: foreign.accountId }])
        expect(await store.isBoundElsewhere(scope, key)).toBe(true);
      await store.put(account, bound, people.administrator);
      expect(await store.isBoundElsewhere(project, key)).toBe(true);
      await store.put(account, disabled, people.administrator);
      await store.put(foreign, { ...bound, state: 'disabled' }, others.admin);
      expect(await store.isBoundElsewhere(project, key)).toBe(true);
    });

    it('shows a project to its collaborators, and says who manages its key', async () => {
      const { people, ...project } = await harness.newProject();
      await store.put(project, own, people.admin);
      const bindings = { project: own };
      expect(await store.look(project, people.admin)).toEqual({ name: 'P', mayManage: true, bindings });
      expect(await store.look(project, people.viewer)).toEqual({ name: 'P', mayManage: false, bindings });
      expect(await store.look(project, people.administrator)).toBeUndefined();
      expect(await store.look({ ...project, projectId: newId() }, people.admin)).toBeUndefined();
    });

    it('says who manages the key of an account', async () => {
      const { people, accountId } = await harness.newProject();
      await store.put({ accountId }, disabled, people.administrator);
      const look = await store.look({ accountId }, people.administrator);
      expect(look).toEqual({ name: 'A', mayManage: true, bindings: { account: disabled } });
      expect(await store.look({ accountId }, people.admin)).toMatchObject({ mayManage: false });
    });

    it('lets nobody decide who does not manage the key', async () => {
      const { people, ...project } = await harness.newProject();
      const account = { accountId: project.accountId };
      const attempts: [KeyScope, string][] = [
        [project, people.viewer],
        [project, people.administrator],
        [account, people.admin],
        [account, people.viewer],
      ];
      for (const [scope, userId] of attempts)
        await expect(store.put(scope, own, userId)).rejects.toMatchObject({ code: 'permission-denied' });
      // Nor one that somebody else has made.
      await store.put(project, own, people.admin);
      await store.put(account, own, people.administrator);
      for (const [scope, userId] of attempts)
        await expect(store.put(scope, disabled, userId)).rejects.toMatchObject({ code: 'permission-denied' });
      expect(await store.find(project)).toEqual({ project: own, account: own });
    });
  });
}
