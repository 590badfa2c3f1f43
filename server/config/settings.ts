import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { AppError, Secret } from '../core/index.ts';
import { type IdentityProviderSettings, MIN_PASSWORD_CHARACTERS } from '../identity/index.ts';
import { type KeyProviderSettings, MIN_PASSPHRASE_CHARACTERS } from '../keys/index.ts';
import type { StorageInstances } from '../storage/index.ts';
import { readIdentityProviders } from './identity-providers-file.ts';
import { readKeyProviders } from './key-providers-file.ts';
import { type SettingRow, settingRows } from './setting-rows.ts';
import { readStorageInstances } from './storage-instances-file.ts';

type RowValues = { -readonly [Name in keyof typeof settingRows]: z.output<(typeof settingRows)[Name]['schema']> };

export type Settings = Readonly<Omit<RowValues, 'adminPasswordFile'>> & {
  /** True: print the settings and stop. */
  readonly printConfig: boolean;
  /** What is in the file of identity providers. */
  readonly identityProviders: readonly IdentityProviderSettings[];
  /** What is in the file of the root key's passphrase. */
  readonly kmsPassphrase: Secret | undefined;
  /** What is in the file of key providers, with absolute paths. */
  readonly keyProviders: readonly KeyProviderSettings[];
  /** What is in the file of storages that single accounts have for themselves. */
  readonly storageInstances: StorageInstances;
};

/** The flag of an environment variable: `CLOISTER_TLS_CERT` → `tls-cert`. */
export function flagOf(variable: string): string {
  return variable
    .replace(/^CLOISTER_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

/**
 * Reads all settings, flags before environment.
 * @param environment the process's environment
 * @param args command-line arguments after the program's name
 * @throws AppError `invalid-argument` that tells all faults together.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Settings {
  const flags = readFlags(args);
  const faults: string[] = [...flags.faults];
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(settingRows) as [string, SettingRow][]) {
    const given = flags.values[flagOf(row.variable)] ?? (environment[row.variable] || undefined);
    const result = row.schema.safeParse(given);
    if (result.success) values[name] = result.data;
    else faults.push(`${row.variable}: ${result.error.issues[0]?.message ?? 'is not valid'}`);
  }
  const { adminPasswordFile, ...settings } = values as RowValues;
  const adminPassword =
    settings.adminPassword ??
    readSecretFile('CLOISTER_ADMIN_PASSWORD_FILE', adminPasswordFile, MIN_PASSWORD_CHARACTERS, faults);
  const kmsPassphrase = readSecretFile(
    'CLOISTER_KMS_PASSPHRASE_FILE',
    settings.kmsPassphraseFile,
    MIN_PASSPHRASE_CHARACTERS,
    faults,
  );
  const identityProviders = readIdentityProviders(settings.identityProvidersFile, faults);
  const storageInstances = readStorageInstances(settings.storageInstancesFile, faults);
  const keyProviders = readKeyProviders(settings.keyProvidersFile, settings.kmsUrl, faults);
  faults.push(...crossFaults({ ...settings, adminPassword }));
  if (faults.length > 0) {
    throw new AppError(
      'invalid-argument',
      `The settings have ${faults.length === 1 ? 'a fault' : 'faults'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return Object.freeze({
    ...settings,
    adminPassword,
    kmsPassphrase,
    identityProviders,
    keyProviders,
    storageInstances,
    printConfig: flags.printConfig,
  });
}

/**
 * {@link readSettings} of this process.
 * @param args its flags, where it has other arguments too
 */
export function readProcessSettings(args: readonly string[] = process.argv.slice(2)): Settings {
  return readSettings(process.env, args);
}

/** The effective settings as text by variable, with secrets redacted. */
export function redactedSettings(settings: Settings): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, row] of Object.entries(settingRows) as [keyof typeof settingRows, SettingRow][]) {
    if (name === 'adminPasswordFile') continue;
    const value = settings[name];
    if (value === undefined) text[row.variable] = `(not set: ${row.otherwise})`;
    else if (typeof value === 'boolean') text[row.variable] = value ? 'on' : 'off';
    else text[row.variable] = String(value);
  }
  return text;
}

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readFlags(args: readonly string[]): {
  values: Record<string, string | undefined>;
  printConfig: boolean;
  faults: string[];
} {
  const options: Record<string, { type: 'string' | 'boolean' }> = { 'print-config': { type: 'boolean' } };
  for (const row of Object.values(settingRows)) options[flagOf(row.variable)] = { type: 'string' };
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    const { 'print-config': printConfig, ...rest } = values;
    return { values: rest as Record<string, string>, printConfig: printConfig === true, faults: [] };
  } catch (error) {
    return {
      values: {},
      printConfig: false,
      faults: [error instanceof Error ? error.message : 'the command line cannot be read'],
    };
  }
}

/** Text that somebody chose, which has at least so many characters; the line end after it is none of them. */
function readSecretFile(
  variable: string,
  path: string | undefined,
  minCharacters: number,
  faults: string[],
): Secret | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text.length >= minCharacters) return new Secret(text);
    faults.push(`${variable}: what is in it must have at least ${minCharacters} characters`);
  } catch (error) {
    faults.push(`${variable}: "${path}" cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
  return undefined;
}

function crossFaults(settings: Omit<RowValues, 'adminPasswordFile'>): string[] {
  const faults: string[] = [];
  if ((settings.tlsCertificate === undefined) !== (settings.tlsKey === undefined)) {
    faults.push('CLOISTER_TLS_CERT and CLOISTER_TLS_KEY: set both or neither');
  }
  if (settings.host !== undefined && !isLoopback(settings.host) && settings.tlsCertificate === undefined) {
    faults.push(
      `CLOISTER_HOST: "${settings.host}" can be reached from other machines, so prompts need TLS: set CLOISTER_TLS_CERT and CLOISTER_TLS_KEY`,
    );
  }
  if (settings.databaseOwnerUrl !== undefined && settings.databaseUrl === undefined) {
    faults.push('DATABASE_OWNER_URL: needs DATABASE_URL too');
  }
  if ((settings.adminEmail === undefined) !== (settings.adminPassword === undefined)) {
    faults.push(
      'CLOISTER_ADMIN_EMAIL and CLOISTER_ADMIN_PASSWORD (or CLOISTER_ADMIN_PASSWORD_FILE): set both or neither',
    );
  }
  if ((settings.smtpUrl === undefined) !== (settings.mailFrom === undefined)) {
    faults.push('CLOISTER_SMTP and CLOISTER_MAIL_FROM: set both or neither');
  }
  return faults;
}
