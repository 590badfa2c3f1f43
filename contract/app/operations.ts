import { z } from 'zod';

/** `GET /deployment`: what the CLI needs to know of the running server; only over the control socket. No content, no secret. */
export const deployment = z.strictObject({
  version: z.string(),
  url: z.string(),
  processId: z.int(),
  dataDirectory: z.string(),
  /** Every place where this deployment writes, so that `cloister verify` can search them all. */
  places: z.array(
    z.strictObject({ kind: z.enum(['data', 'logs', 'bucket', 'models', 'run', 'temporary']), path: z.string() }),
  ),
  /** False: this deployment keeps it where no file of this machine that `places` or `processes` lead to shows it. */
  searchable: z.strictObject({
    /** The database's files: its tables, its log of changes (WAL), its own log. */
    database: z.boolean(),
    /** The server's log. */
    logs: z.boolean(),
    /** The sealed objects. */
    storage: z.boolean(),
  }),
  /** The KMS of the deployment, then those that accounts and projects may bind keys of. */
  keyProviders: z.array(
    z.strictObject({
      id: z.string(),
      displayName: z.string(),
      kind: z.string().describe('local, pkcs11, aws-kms or vault'),
      state: z
        .enum(['enabled', 'disabled', 'destroyed', 'unavailable', 'not asked'])
        .describe('Of its default key, now; not asked where it has none'),
      problem: z.string().optional().describe('Why it cannot be used, and what to do'),
    }),
  ),
  /** The standard storage, then those that single accounts have for themselves. */
  storages: z.array(
    z.strictObject({
      kind: z.string().describe('filesystem or s3'),
      credentials: z
        .enum(['of-bucket', 'of-instance'])
        .optional()
        .describe('Whose credentials open a bucket in its storage; absent where the storage has none'),
      accountId: z.uuid().optional(),
    }),
  ),
  /** Processes of the deployment: the server, the engine children, the database's processes. */
  processes: z.array(z.strictObject({ kind: z.enum(['server', 'engine', 'database']), processId: z.int() })),
  /** What holds the engine's child: `kernel` binds whatever runs in it, `node` its JavaScript. Absent where the engine is no child of the server. */
  engineWalls: z
    .strictObject({
      network: z.enum(['kernel', 'node']),
      diskWrites: z.enum(['kernel', 'node']),
      coreDumps: z.enum(['off', 'as the system has it']),
      deploymentFiles: z.enum(['hidden', 'readable']),
    })
    .optional(),
  settings: z.record(z.string(), z.string()).describe('Effective settings, secrets redacted'),
});
export type Deployment = z.infer<typeof deployment>;

/** `POST /signing-keys/rotate`: a new key signs from now on, what the old one signed is still taken; only over the control socket. */
export const rotateSigningKeyRequest = z.strictObject({ purpose: z.enum(['access-token', 'audit']) });
export const rotatedSigningKey = z.strictObject({ id: z.uuid() });
