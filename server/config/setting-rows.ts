import { resolve } from 'node:path';
import { z } from 'zod';
import { checkedText, Secret } from '../core/index.ts';
import { MIN_PASSWORD_CHARACTERS, readMailServer } from '../identity/index.ts';
import { faultOfKmsUrl, MIN_PASSPHRASE_CHARACTERS, resolveKmsUrl } from '../keys/index.ts';
import { faultOfBucketUrl, resolveBucketUrl } from '../storage/index.ts';

/** One setting: its environment variable; the flag is the same name in lower case (`CLOISTER_PORT` → `--port`, `DATABASE_URL` → `--database-url`). */
export type SettingRow = {
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

const kmsUrl = checkedText(faultOfKmsUrl).transform((url) => resolveKmsUrl(url, '.'));

const bucketUrl = checkedText(faultOfBucketUrl).transform((url) => resolveBucketUrl(url, '.'));

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
  trustedProxies: {
    variable: 'CLOISTER_TRUSTED_PROXIES',
    about: 'Reverse proxies whose X-Forwarded-For is believed: addresses and ranges (10.0.0.0/8), with commas',
    otherwise: 'none: everybody has the address of whoever connects',
    schema: z
      .string()
      .transform((value) => value.split(',').map((one) => one.trim()))
      .refine((list) => list.every(isAddressOrRange), 'must be IP addresses and ranges such as 10.0.0.0/8, with commas')
      .optional(),
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
    about: 'Where sealed objects are stored: file:<folder>, or s3:https://… (docs/storage.md)',
    otherwise: 'file:<data>/buckets',
    schema: bucketUrl.optional(),
  },
  storageInstancesFile: {
    variable: 'CLOISTER_STORAGE_INSTANCES',
    about: 'JSON file with the storages that single accounts have for themselves',
    otherwise: 'every account is in CLOISTER_BUCKET',
    schema: z.string().min(1).optional(),
  },
  kmsUrl: {
    variable: 'CLOISTER_KMS',
    about: 'Where wrapping keys come from: local:<key file>, pkcs11:…, aws-kms:… or vault:… (docs/keys.md)',
    otherwise: 'local:<configuration folder of the user>/cloister/<deployment>.key',
    schema: kmsUrl.optional(),
  },
  kmsPassphraseFile: {
    variable: 'CLOISTER_KMS_PASSPHRASE_FILE',
    about: `A file that holds the passphrase of the root key file, ${MIN_PASSPHRASE_CHARACTERS} characters or more`,
    otherwise: 'the start asks for it at a terminal, if there is one',
    schema: z.string().min(1).optional(),
  },
  keyCacheSeconds: {
    variable: 'CLOISTER_KEY_CACHE_SECONDS',
    about: 'Seconds that an unwrapped project key may stay in memory, 60 at most',
    otherwise: '60',
    schema: whole(0, 60).default(60),
  },
  keyProvidersFile: {
    variable: 'CLOISTER_KEY_PROVIDERS',
    about: 'JSON file with further key providers, of which accounts and projects may bind keys',
    otherwise: 'there is only the one of CLOISTER_KMS',
    schema: z.string().min(1).optional(),
  },
  adminEmail: {
    variable: 'CLOISTER_ADMIN_EMAIL',
    about: 'Creates the administrator at the first start, without the one-time link',
    otherwise: 'the first start prints a one-time link',
    schema: z.email('must be an e-mail address').optional(),
  },
  adminPassword: {
    variable: 'CLOISTER_ADMIN_PASSWORD',
    about: `The administrator's first password, ${MIN_PASSWORD_CHARACTERS} characters or more`,
    otherwise: 'none',
    secret: true,
    schema: z
      .string()
      .min(MIN_PASSWORD_CHARACTERS, `must have at least ${MIN_PASSWORD_CHARACTERS} characters`)
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
  uploadLimitMegabytes: {
    variable: 'CLOISTER_UPLOAD_LIMIT',
    about: 'Largest file that people may upload as a data asset, in megabytes (millions of bytes)',
    otherwise: '10240',
    schema: whole(1, 5_000_000).default(10_240),
  },
  log: {
    variable: 'CLOISTER_LOG',
    about: 'file: JSON Lines in <data>/logs; stdout: the same on standard output',
    otherwise: 'file',
    schema: z.enum(['file', 'stdout'], 'must be "file" or "stdout"').default('file'),
  },
} as const satisfies Record<string, SettingRow>;

function isAddressOrRange(text: string): boolean {
  // Everybody (`/0`) would be believed to be whom they say they are.
  return addressOrRange.safeParse(text).success && !text.endsWith('/0');
}

const addressOrRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

function isMailServer(url: Secret): boolean {
  try {
    readMailServer(url);
    return true;
  } catch {
    return false;
  }
}
