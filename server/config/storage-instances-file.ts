import { dirname, resolve } from 'node:path';
import { resolveBucketUrl, type StorageInstances, storageInstancesConfig } from '../storage/index.ts';
import { readSettingsFile } from './settings-file.ts';

/**
 * Reads the file of storages that single accounts have for themselves; paths in it are relative to its folder.
 * @param faults all that is wrong with it is added there
 */
export function readStorageInstances(path: string | undefined, faults: string[]): StorageInstances {
  if (path === undefined) return [];
  const instances = readSettingsFile('CLOISTER_STORAGE_INSTANCES', path, storageInstancesConfig, faults) ?? [];
  const folder = resolve(dirname(path));
  return instances.map(({ account, url }) => ({ account, url: resolveBucketUrl(url, folder) }));
}
