import { dirname, resolve } from 'node:path';
import {
  type KeyProviderSettings,
  keyProvidersConfig,
  keysConfig,
  kmsDestinations,
  resolveKmsUrl,
} from '../keys/index.ts';
import { readSettingsFile } from './settings-file.ts';

const VARIABLE = 'CLOISTER_KEY_PROVIDERS';

/**
 * Reads the file of further KMS providers; paths in it are relative to its folder, and absolute in what is returned.
 * @param standardUrl the setting CLOISTER_KMS
 * @param faults all that is wrong with it is added there
 */
export function readKeyProviders(
  path: string | undefined,
  standardUrl: string | undefined,
  faults: string[],
): readonly KeyProviderSettings[] {
  if (path === undefined) return [];
  const given = readSettingsFile(VARIABLE, path, keyProvidersConfig, faults) ?? [];
  const folder = dirname(resolve(path));
  const providers = given.map((provider) => ({ ...provider, url: resolveKmsUrl(provider.url, folder) }));
  for (const [index, { url }] of providers.entries()) {
    const fault = faultOfAuthorities(url);
    if (fault !== undefined) faults.push(`${VARIABLE}: [${index}].url ${fault}`);
  }
  const together = keysConfig.safeParse({ url: standardUrl ?? 'local:/its.default', providers });
  faults.push(...(together.error?.issues ?? []).map(({ message }) => `${VARIABLE}: ${message}`));
  return providers;
}

function faultOfAuthorities(url: string): string | undefined {
  try {
    kmsDestinations(url);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
