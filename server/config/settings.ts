import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AppError, Secret } from '../core/index.ts';
import { type IdentityProviderSettings, readMailServer } from '../identity/index.ts';
import { readIdentityProviders } from './identity-providers-file.ts';

/** One setting: its environment variable; the flag is the same name in lower case (`CLOISTER_PORT` → `--port`, `DATABASE_URL` → `--database-url`). */
type SettingRow = {
  readonly variable: string;
  readonly about: string;
  /** What holds when it is not set, in words. */
  readonly otherwise: string;
  readonly secret?: boolean;
  readonly schema: z.ZodType<unknown, string | undefined>;
};

const whole = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be ${minimum} to ${maximum}`);

const onOrOff = z.enum(['on', 'off'], 'must be "on" or "off"').transform((value) => value === 'on');

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
  .transform((value) => new Secret(value));

/** Every setting of the server. docs/operating.md's table is checked against this one by a test. */
export const settingRows = {
  dataDirectory: {
    variable: 'CLOISTER_DATA',
    about: 'Folder that holds everything the deployment keeps',
    otherwise: './data',
    schema: z
      .string()
      .min(1)
      .default('data')
      .transform((path) => resolve(path)),
  },
  host: {
    variable: 'CLOISTER_HOST',
    about: 'Address to listen on; any but a loopback address needs TLS',
    otherwise: '127.0.0.1',
    schema: z.string().min(1).default('127.0.0.1'),
  },
  port: {
    variable: 'CLOISTER_PORT',
    about: 'Port to listen on; 0 takes a free one',
    otherwise: '8080',
    schema: whole(0, 65_535).default(8080),
  },
  publicUrl: {
    variable: 'CLOISTER_PUBLIC_URL',
    about: 'The address by which browsers reach the server, when it is another one (a reverse proxy)',
    otherwise: 'the address it listens on',
    schema: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  },
  tlsCertificate: {
    variable: 'CLOISTER_TLS_CERT',
    about: 'PEM file with the server certificate and its chain',
    otherwise: 'no TLS (loopback only)',
    schema: z.string().min(1).optional(),
  },
  tlsKey: {
    variable: 'CLOISTER_TLS_KEY',
    about: 'PEM file with its private key',
    otherwise: 'no TLS',
    schema: z.string().min(1).optional(),
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    about: "PostgreSQL to use, signing in as the server's own role (owns nothing, bypasses nothing)",
    otherwise: 'a PostgreSQL 18 of its own, inside the data directory',
    secret: true,
    schema: postgresUrl.optional(),
  },
  databaseOwnerUrl: {
    variable: 'DATABASE_OWNER_URL',
    about: 'The same database as the role that owns the tables, used for migrations only',
    otherwise: 'migrations are not run; an outdated database is refused',
    secret: true,
    schema: postgresUrl.optional(),
  },
  bucketUrl: {
    variable: 'CLOISTER_BUCKET',
    about: 'Where sealed objects are stored: file:<folder>',
    otherwise: 'file:<data>/buckets',
    schema: z
      .string()
      .regex(/^file:./, 'must be a file: URL')
      .optional(),
  },
  kmsUrl: {
    variable: 'CLOISTER_KMS',
    about: 'Where wrapping keys come from: local:<key file>',
    otherwise: 'local:<configuration folder of the user>/cloister/<deployment>.key',
    schema: z
      .string()
      .regex(/^local:./, 'must be a local: URL')
      .optional(),
  },
  adminEmail: {
    variable: 'CLOISTER_ADMIN_EMAIL',
    about: 'Creates the administrator at the first start, without the one-time link',
    otherwise: 'the first start prints a one-time link',
    schema: z.email('must be an e-mail address').optional(),
  },
  adminPassword: {
    variable: 'CLOISTER_ADMIN_PASSWORD',
    about: "The administrator's first password, 12 characters or more",
    otherwise: 'none',
    secret: true,
    schema: z
      .string()
      .min(12, 'must have at least 12 characters')
      .transform((value) => new Secret(value))
      .optional(),
  },
  adminPasswordFile: {
    variable: 'CLOISTER_ADMIN_PASSWORD_FILE',
    about: 'A file that holds it',
    otherwise: 'none',
    schema: z.string().min(1).optional(),
  },
  identityProvidersFile: {
    variable: 'CLOISTER_IDENTITY_PROVIDERS',
    about: 'JSON file with the identity providers (OpenID Connect) by which people may sign in',
    otherwise: 'people sign in with a password or a passkey',
    schema: z.string().min(1).optional(),
  },
  smtpUrl: {
    variable: 'CLOISTER_SMTP',
    about: 'Mail server that sends one-time links: smtps://user:password@host, or smtp://… with STARTTLS',
    otherwise: 'links are shown to whoever makes them, and not sent',
    secret: true,
    schema: z
      .string()
      .transform((value) => new Secret(value))
      .refine(isMailServer, 'must be an smtp:// or smtps:// URL')
      .optional(),
  },
  mailFrom: {
    variable: 'CLOISTER_MAIL_FROM',
    about: 'The e-mail address that they are sent from',
    otherwise: 'none',
    schema: z.email('must be an e-mail address').optional(),
  },
  defaultModel: {
    variable: 'CLOISTER_DEFAULT_MODEL',
    about: 'on: the first start fetches the default model; off: nothing is fetched that nobody asked for',
    otherwise: 'on',
    schema: onOrOff.default(true),
  },
  engineThreads: {
    variable: 'CLOISTER_ENGINE_THREADS',
    about: 'Processor threads of the built-in engine',
    otherwise: 'all cores but one',
    schema: whole(1, 1024).optional(),
  },
  engineSequences: {
    variable: 'CLOISTER_ENGINE_SEQUENCES',
    about: 'Requests that one model of the built-in engine runs at the same time',
    otherwise: '8',
    schema: whole(1, 256).default(8),
  },
  engineContextLength: {
    variable: 'CLOISTER_ENGINE_CONTEXT',
    about: 'Most tokens of prompt and answer together, for each request of the built-in engine',
    otherwise: '8192, or what the model allows if that is less',
    schema: whole(256, 1_048_576).default(8192),
  },
  objectLimitMegabytes: {
    variable: 'CLOISTER_OBJECT_LIMIT',
    about: 'Largest object that people may put into a bucket themselves, in megabytes (millions of bytes)',
    otherwise: '5000',
    schema: whole(1, 5_000_000).default(5000),
  },
  log: {
    variable: 'CLOISTER_LOG',
    about: 'file: JSON Lines in <data>/logs; stdout: the same on standard output',
    otherwise: 'file',
    schema: z.enum(['file', 'stdout'], 'must be "file" or "stdout"').default('file'),
  },
} as const satisfies Record<string, SettingRow>;

type RowValues = { -readonly [Name in keyof typeof settingRows]: z.output<(typeof settingRows)[Name]['schema']> };

export type Settings = Readonly<Omit<RowValues, 'adminPasswordFile'>> & {
  /** True: print the settings and stop. */
  readonly printConfig: boolean;
  /** What is in the file of identity providers. */
  readonly identityProviders: readonly IdentityProviderSettings[];
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
  const adminPassword = settings.adminPassword ?? readPasswordFile(adminPasswordFile, faults);
  const identityProviders = readIdentityProviders(settings.identityProvidersFile, faults);
  faults.push(...crossFaults({ ...settings, adminPassword }));
  if (faults.length > 0) {
    throw new AppError(
      'invalid-argument',
      `The settings have ${faults.length === 1 ? 'a fault' : 'faults'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return Object.freeze({ ...settings, adminPassword, identityProviders, printConfig: flags.printConfig });
}

/** {@link readSettings} of this process. */
export function readProcessSettings(): Settings {
  return readSettings(process.env, process.argv.slice(2));
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

function readPasswordFile(path: string | undefined, faults: string[]): Secret | undefined {
  if (path === undefined) return undefined;
  try {
    const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (password.length >= 12) return new Secret(password);
    faults.push(`CLOISTER_ADMIN_PASSWORD_FILE: the password in it must have at least 12 characters`);
  } catch (error) {
    faults.push(
      `CLOISTER_ADMIN_PASSWORD_FILE: "${path}" cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
    );
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

function isMailServer(url: Secret): boolean {
  try {
    readMailServer(url);
    return true;
  } catch {
    return false;
  }
}
