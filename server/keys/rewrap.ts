import { type AppError, isAppError } from '../core/index.ts';
import { type ApplicableKey, stillAppliesFor, wrappingKeyIdOf } from './applicable-key.ts';
import type { KeyStore, ProjectKeyRecord } from './key-store.ts';
import type { KmsProviders } from './kms-providers.ts';
import type { ProjectKeyWrapping } from './project-key-wrapping.ts';

/** How many project keys are on their way to a KMS at the same time. */
const AT_ONCE = 8;

/** How a rewrap ended. What remains is wrapped as before, and opens. */
export type Rewrap = {
  readonly rewrapped: number;
  readonly remaining: number;
  /** The first of the faults that kept keys from being wrapped anew. */
  readonly fault?: AppError;
};

/**
 * Wraps project keys by another wrapping key, or another version of it. Keys are taken one by one, compare-and-swap: an end in the middle
 * leaves each of them either as it was or wrapped anew, and calling this again takes up the rest. What they seal is not touched.
 * One whose project was bound to another key meanwhile stays with that.
 * @param records those that are to be wrapped by `target`, whatever wraps them now
 * @param version the present one of `target`, asked for once; undefined where the KMS does not tell
 */
export async function rewrapProjectKeys(
  {
    store,
    wrapping,
    providers,
  }: {
    readonly store: Pick<KeyStore, 'replaceWrapped' | 'find'>;
    readonly wrapping: ProjectKeyWrapping;
    readonly providers: KmsProviders;
  },
  records: readonly ProjectKeyRecord[],
  target: ApplicableKey,
  version: number | undefined,
): Promise<Rewrap> {
  let rewrapped = 0;
  let remaining = 0;
  let fault: AppError | undefined;

  async function rewrap(record: ProjectKeyRecord): Promise<void> {
    const projectKey = await wrapping.unwrap(record);
    try {
      const stillApplies = stillAppliesFor(providers, record.accountId, target);
      const wrapped = await wrapping.wrap(target, record, projectKey, { version });
      if (await store.replaceWrapped(record, wrapped, stillApplies)) rewrapped += 1;
      else if (await isElsewhere(record)) remaining += 1;
    } finally {
      projectKey.fill(0);
    }
  }

  /** Somebody else wrapped it anew, which may be by another key; or it is gone, and nothing remains of it. */
  async function isElsewhere(record: ProjectKeyRecord): Promise<boolean> {
    const now = await store.find(record, record.id);
    return now !== undefined && now.wrappingKeyId !== wrappingKeyIdOf(target);
  }

  async function takeFrom(queue: ProjectKeyRecord[]): Promise<void> {
    for (let record = queue.shift(); record !== undefined; record = queue.shift()) {
      try {
        await rewrap(record);
      } catch (error) {
        if (!isAppError(error)) throw error;
        remaining += 1;
        fault ??= error;
      }
    }
  }

  const queue = [...records];
  await Promise.all(Array.from({ length: AT_ONCE }, () => takeFrom(queue)));
  return { rewrapped, remaining, ...(fault === undefined ? {} : { fault }) };
}

/** Whether a project key is wrapped by this key in its present version. */
export function isWrappedBy(record: ProjectKeyRecord, key: ApplicableKey, presentVersion: number | undefined): boolean {
  if (record.wrappingKeyId !== wrappingKeyIdOf(key)) return false;
  return presentVersion === undefined || record.wrappingKeyVersion === presentVersion;
}
