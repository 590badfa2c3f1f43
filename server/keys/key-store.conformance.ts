import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { KeyBindings, KeyScope, KeyState, WrappingKey } from './key-binding.ts';
import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';

/** A store to test, and a way to have projects that it may keep keys for. */
export type KeyStoreHarness = {
  readonly store: KeyStore;
  /** @param accountId of an earlier project; otherwise in an account of its own */
  newProject(accountId?: string): Promise<ProjectScope>;
  /** Somebody who manages the key of this account or project. */
  managerOf(scope: KeyScope): Promise<string>;
  /** Says it as that person does. */
  decide(scope: KeyScope, state: KeyState, userId: string): Promise<void>;
  bind(scope: KeyScope, wrappingKey: WrappingKey, userId: string): Promise<void>;
  close(): Promise<void>;
};

/** What every key store must do. */
export function keyStoreConformance(name: string, open: () => Promise<KeyStoreHarness>): void {
  describe(`the ${name} key store, as every one,`, () => {
    let harness: KeyStoreHarness;
    let store: KeyStore;

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    function record(scope: ProjectScope, createdAt = new Date('2026-11-24T12:00:00.123Z')): ProjectKeyRecord {
      const wrappingKeyId = `memory:account/${scope.accountId}`;
      return { id: newId(), ...scope, wrappingKeyId, wrappedKey: randomBytes(61), createdAt, wrappedAt: createdAt };
    }

    const always = () => true;
    const keep = (key: ProjectKeyRecord) => store.insert(key, always);

    function asPlain(found: ProjectKeyRecord | undefined) {
      return found === undefined ? undefined : { ...found, wrappedKey: Buffer.from(found.wrappedKey) };
    }

    it('says at first that nothing was sealed', async () => {
      expect(await store.mayHoldSealedData()).toBe(false);
    });

    it('finds what it was given', async () => {
      const scope = await harness.newProject();
      const key = record(scope);
      await keep(key);
      expect(asPlain(await store.find(scope, key.id))).toEqual(asPlain(key));
      expect(asPlain(await store.findCurrent(scope))).toEqual(asPlain(key));
    });

    it('takes the newest key as the current one and still finds the older', async () => {
      const scope = await harness.newProject();
      const older = record(scope, new Date('2026-11-24T12:00:00Z'));
      const newer = record(scope, new Date('2026-11-24T12:00:01Z'));
      await keep(newer);
      await keep(older);
      expect((await store.findCurrent(scope))?.id).toBe(newer.id);
      expect((await store.find(scope, older.id))?.id).toBe(older.id);
    });

    it('finds nothing for another project or account', async () => {
      const [scope, other] = [await harness.newProject(), await harness.newProject()];
      const key = record(scope);
      await keep(key);
      expect(await store.find(other, key.id)).toBeUndefined();
      expect(await store.find({ ...scope, accountId: other.accountId }, key.id)).toBeUndefined();
      expect(await store.find({ ...scope, projectId: other.projectId }, key.id)).toBeUndefined();
      expect(await store.findCurrent(other)).toBeUndefined();
    });

    it('lists the keys of a project, and of all projects of an account', async () => {
      const scope = await harness.newProject();
      const sibling = await harness.newProject(scope.accountId);
      const foreign = await harness.newProject();
      const older = record(scope, new Date('2026-11-24T12:00:00Z'));
      const newer = record(scope, new Date('2026-11-24T12:00:01Z'));
      const newest = record(sibling, new Date('2026-11-24T12:00:02Z'));
      for (const key of [newer, newest, older, record(foreign)]) await keep(key);
      expect((await store.list(scope)).map(asPlain)).toEqual([older, newer].map(asPlain));
      expect((await store.list({ accountId: scope.accountId })).map(asPlain)).toEqual(
        [older, newer, newest].map(asPlain),
      );
    });

    it('keeps a key under another wrapping, and does not where it was wrapped anew meanwhile', async () => {
      const scope = await harness.newProject();
      const key = { ...record(scope), wrappingKeyVersion: 1 };
      await keep(key);
      const wrapping = {
        wrappingKeyId: 'vault:one',
        wrappedKey: randomBytes(80),
        wrappedAt: new Date(2_000_000_000_000),
      };
      expect(await store.replaceWrapped(key, wrapping, always)).toBe(true);
      const { wrappingKeyVersion: _, ...same } = key;
      expect(asPlain(await store.find(scope, key.id))).toEqual(asPlain({ ...same, ...wrapping }));
      expect(await store.replaceWrapped(key, { ...wrapping, wrappingKeyId: 'vault:two' }, always)).toBe(false);
      expect((await store.find(scope, key.id))?.wrappingKeyId).toBe('vault:one');
    });

    it('brings no key back by wrapping it anew', async () => {
      const scope = await harness.newProject();
      const key = record(scope);
      await keep(key);
      await store.deleteAll(scope);
      expect(await store.replaceWrapped(key, key, always)).toBe(false);
      expect(await store.list(scope)).toEqual([]);
    });

    it('destroys the keys of a project, and takes none for it from then on', async () => {
      const [scope, other] = [await harness.newProject(), await harness.newProject()];
      for (const place of [scope, scope, other]) await keep(record(place));
      const manager = await harness.managerOf(scope);
      await harness.decide(scope, 'destroyed', manager);
      expect(await store.destroy(scope, manager)).toMatchObject({ projects: 1 });
      expect(await keep(record(scope))).toBe(false);
      expect(await store.list(scope)).toEqual([]);
      expect(await store.list(other)).toHaveLength(1);
      await harness.decide(scope, 'enabled', manager);
      expect(await keep(record(scope))).toBe(true);
    });

    it('destroys the keys of every project of an account', async () => {
      const scope = await harness.newProject();
      const sibling = await harness.newProject(scope.accountId);
      const account = { accountId: scope.accountId };
      for (const place of [scope, sibling]) await keep(record(place));
      const manager = await harness.managerOf(account);
      await harness.decide(account, 'destroyed', manager);
      expect(await store.destroy(account, manager)).toMatchObject({ projects: 2 });
      expect(await store.list(account)).toEqual([]);
      expect(await keep(record(sibling))).toBe(false);
    });

    it('takes no key while the project or the account is disabled', async () => {
      const scope = await harness.newProject();
      const manager = await harness.managerOf(scope);
      await harness.decide(scope, 'disabled', manager);
      expect(await keep(record(scope))).toBe(false);
      const account = { accountId: scope.accountId };
      await harness.decide(scope, 'enabled', manager);
      await harness.decide(account, 'disabled', await harness.managerOf(account));
      expect(await keep(record(scope))).toBe(false);
      expect(await store.list(scope)).toEqual([]);
    });

    it('keeps no wrapping by a key that is no more the one of the project', async () => {
      const scope = await harness.newProject();
      const account = { accountId: scope.accountId };
      const [first, second] = ['first', 'second'].map((keyId) => ({ providerId: 'vault', keyId })) as [
        WrappingKey,
        WrappingKey,
      ];
      const byFirst = ({ account: above, project }: KeyBindings) =>
        (project?.wrappingKey ?? above?.wrappingKey)?.keyId === first.keyId;
      const manager = await harness.managerOf(scope);
      await harness.bind(scope, first, manager);
      const key = record(scope);
      const wrapping = { wrappingKeyId: 'vault:first', wrappedKey: randomBytes(80), wrappedAt: key.wrappedAt };
      expect(await store.insert(key, byFirst)).toBe(true);
      await harness.bind(scope, second, manager);
      await harness.bind(account, first, await harness.managerOf(account));
      expect(await store.insert(record(scope), byFirst)).toBe(false);
      expect(await store.replaceWrapped(key, wrapping, byFirst)).toBe(false);
      expect((await store.list(scope)).map(asPlain)).toEqual([asPlain(key)]);
      await harness.bind(scope, first, manager);
      expect(await store.replaceWrapped(key, wrapping, byFirst)).toBe(true);
    });

    it('deletes all keys of one project and none of another', async () => {
      const [scope, other] = [await harness.newProject(), await harness.newProject()];
      const keys = [record(scope), record(scope)];
      const kept = record(other);
      for (const key of [...keys, kept]) await keep(key);
      await store.deleteAll(scope);
      await store.deleteAll(scope);
      for (const key of keys) expect(await store.find(scope, key.id)).toBeUndefined();
      expect(await store.findCurrent(scope)).toBeUndefined();
      expect(await store.find(other, kept.id)).toBeDefined();
    });
  });
}
