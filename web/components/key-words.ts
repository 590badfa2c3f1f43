import type { KeyProvider, KeyStatus } from '../../contract/app/index.ts';

type Kind = KeyProvider['kind'];

export const keyKindWords: Readonly<Record<Kind, string>> = {
  local: 'Local root key',
  pkcs11: 'Hardware module (PKCS#11)',
  'aws-kms': 'AWS KMS',
  vault: 'Vault or OpenBao Transit',
  memory: 'Memory, for tests',
};

/** What a key of each kind protects against. */
export const keyKindProtects: Readonly<Record<Kind, string>> = {
  local:
    'A stolen disk or a copy of the data without the key file. With a passphrase also a stolen machine that is switched off.',
  pkcs11:
    'A copy of everything on this machine: the key never leaves the module. Taken out or locked, it stops everything within a minute.',
  'aws-kms':
    'A copy of everything on this machine: the key stays with AWS. Its administrators can disable it, and see each use of it in their own log.',
  vault:
    'A copy of everything on this machine: the key stays with the Vault server. Its administrators can disable it, and see each use of it in their own log.',
  memory: 'Nothing. The key is gone when the server stops.',
};

export const keyKindDoesNotProtect: Readonly<Record<Kind, string>> = {
  local: 'An administrator of the machine, or whoever reads the memory of the running server.',
  pkcs11: 'An administrator of the running machine: they can let the module open what the server could.',
  'aws-kms': 'An administrator of the running machine, for as long as the key is enabled, and whoever AWS must obey.',
  vault:
    'An administrator of the running machine, for as long as the key is enabled, and the administrators of the Vault.',
  memory: 'Anything.',
};

/** A provider by its name, and by what it is where the name does not say it. */
export const providerWords = (name: string, kind: Kind): string =>
  name === keyKindWords[kind] ? name : `${name} – ${keyKindWords[kind]}`;

/** What rotating does at this key. */
export function rotationWords({ mayMakeVersions, kind }: KeyStatus): string {
  if (mayMakeVersions) return 'Makes a new version of the key, and wraps the project keys by it.';
  if (kind === 'local') return 'Wraps the project keys anew by the same key, of which there is one version only.';
  return 'Wraps the project keys by the newest version of the key, which its provider makes.';
}

/** How a key is named in each, for the field that asks for it. */
export const keyIdHints: Readonly<Record<Kind, string>> = {
  local: 'Not needed: the root key makes one for each account.',
  pkcs11: 'The label of an AES-256 key in the token.',
  'aws-kms': 'The ARN or the id of a symmetric key, or the name of an alias: alias/…',
  vault: 'The name of a key of the Transit engine.',
  memory: 'Any name.',
};

export const boundAtWords: Readonly<Record<KeyStatus['boundAt'], string>> = {
  project: 'This project',
  account: 'The account, for all its projects without a key of their own',
  deployment: 'The deployment: nobody chose another key',
};

const stateWords = {
  enabled: 'Enabled',
  disabled: 'Disabled',
  destroyed: 'Destroyed',
  unavailable: 'Not reached',
} as const;
const stateColours = { enabled: 'green', disabled: 'warm-gray', destroyed: 'red', unavailable: 'red' } as const;

/** A state as a tag says it. */
export const keyStateTag = (state: keyof typeof stateWords) => ({ word: stateWords[state], type: stateColours[state] });
