import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Secret } from '../core/index.ts';
import { type IdentityProviderSettings, identityProvidersConfig } from '../identity/index.ts';
import { readSettingsFile } from './settings-file.ts';

const VARIABLE = 'CLOISTER_IDENTITY_PROVIDERS';

/**
 * Reads the file of identity providers, and the secrets that it names; paths in it are relative to its folder.
 * @param faults all that is wrong with it is added there, and nothing of what is in a secret's file
 */
export function readIdentityProviders(path: string | undefined, faults: string[]): readonly IdentityProviderSettings[] {
  if (path === undefined) return [];
  const providers = readSettingsFile(VARIABLE, path, identityProvidersConfig, faults) ?? [];
  return providers.flatMap(({ clientSecretFile, ...provider }) => {
    if (clientSecretFile === undefined) return [provider];
    const clientSecret = readSecret(resolve(dirname(path), clientSecretFile), provider.id, faults);
    return clientSecret === undefined ? [] : [{ ...provider, clientSecret }];
  });
}

function readSecret(path: string, id: string, faults: string[]): Secret | undefined {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    if (secret !== '') return new Secret(secret);
    faults.push(`${VARIABLE}: the clientSecretFile of "${id}" is empty`);
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    faults.push(`${VARIABLE}: the clientSecretFile of "${id}" cannot be read (${code})`);
  }
  return undefined;
}
