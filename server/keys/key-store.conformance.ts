import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import type { KeyStore, ProjectKeyRecord, ProjectScope } from './key-store.ts';

/** A store to test, and a way to have projects that it may keep keys for. */
export type KeyStoreHarness = {
  readonly store: KeyStore;
  newProject(): Promise<ProjectScope>;
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

    function asPlain(found: ProjectKeyRecord | undefined) {
      return found === undefined ? undefined : { ...found, wrappedKey: Buffer.from(found.wrappedKey) };
    }

    it('says at first that nothing was sealed', async () => {
      expect(await store.mayHoldSealedData()).toBe(false);
    });

    it('finds what it was given', async () => {
      const scope = await harness.newProject();
      const key = record(scope);
      await store.insert(key);
      expect(asPlain(await store.find(scope, key.id))).toEqual(asPlain(key));
      expect(asPlain(await store.findCurrent(scope))).toEqual(asPlain(key));
    });

    it('takes the newest key as the current one and still finds the older', async () => {
      const scope = await harness.newProject();
      const older = record(scope, new Date('2026-11-24T12:00:00Z'));
      const newer = record(scope, new Date('2026-11-24T12:00:01Z'));
      await store.insert(newer);
      await store.insert(older);
      expect((await store.findCurrent(scope))?.id).toBe(newer.id);
      expect((await store.find(scope, older.id))?.id).toBe(older.id);
    });

    it('finds nothing for another project or account', async () => {
      const [scope, other] = [await harness.newProject(), await harness.newProject()];
      const key = record(scope);
      await store.insert(key);
      expect(await store.find(other, key.id)).toBeUndefined();
      expect(await store.find({ ...scope, accountId: other.accountId }, key.id)).toBeUndefined();
      expect(await store.find({ ...scope, projectId: other.projectId }, key.id)).toBeUndefined();
      expect(await store.findCurrent(other)).toBeUndefined();
    });

    it('deletes all keys of one project and none of another', async () => {
      const [scope, other] = [await harness.newProject(), await harness.newProject()];
      const keys = [record(scope), record(scope)];
      const kept = record(other);
      for (const key of [...keys, kept]) await store.insert(key);
      await store.deleteAll(scope);
      await store.deleteAll(scope);
      for (const key of keys) expect(await store.find(scope, key.id)).toBeUndefined();
      expect(await store.findCurrent(scope)).toBeUndefined();
      expect(await store.find(other, kept.id)).toBeDefined();
    });
  });
}
