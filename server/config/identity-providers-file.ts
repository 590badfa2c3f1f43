import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Secret } from '../core/index.ts';
import { type IdentityProviderSettings, identityProvidersConfig } from '../identity/index.ts';

const VARIABLE = 'CLOISTER_IDENTITY_PROVIDERS';

/**
 * Reads the file of identity providers, and the secrets that it names; paths in it are relative to its folder.
 * @param faults all that is wrong with it is added there, and nothing of what is in a secret's file
 */
export function readIdentityProviders(path: string | undefined, faults: string[]): readonly IdentityProviderSettings[] {
  if (path === undefined) return [];
  const json = readJson(path, faults);
  if (json === undefined) return [];
  const result = identityProvidersConfig.safeParse(json);
  if (!result.success) {
    faults.push(...result.error.issues.map((issue) => `${VARIABLE}: ${placeOf(issue.path)}${issue.message}`));
    return [];
  }
  return result.data.flatMap(({ clientSecretFile, ...provider }) => {
    if (clientSecretFile === undefined) return [provider];
    const clientSecret = readSecret(resolve(dirname(path), clientSecretFile), provider.id, faults);
    return clientSecret === undefined ? [] : [{ ...provider, clientSecret }];
  });
}

function readJson(path: string, faults: string[]): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${VARIABLE}: "${path}" ${code === undefined ? 'is not JSON' : `cannot be read (${code})`}`);
    return undefined;
  }
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

/** `[0].roles[1].role ` */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return place === '' ? '' : `${place} `;
}
