import { z } from 'zod';
import { cursor, id, instant } from './common.ts';

/** What is recorded, noun then verb. The server's own list is `server/audit/audit-event.ts`; a test compares the two. */
export const auditAction = z.enum([
  'account.create',
  'account.change',
  'account.remove',
  'person.invite',
  'person.join',
  'person.change',
  'person.remove',
  'invitation.revoke',
  'password.change',
  'password-reset.create',
  'password-reset.use',
  'second-factor.enable',
  'second-factor.disable',
  'recovery-codes.create',
  'recovery-code.use',
  'passkey.add',
  'passkey.remove',
  'login-session.begin',
  'login-session.end',
  'service-id.create',
  'service-id.change',
  'service-id.remove',
  'api-key.create',
  'api-key.rotate',
  'api-key.delete',
  'access-token.issue',
  'signing-key.rotate',
  'project.create',
  'project.change',
  'project.delete',
  'project.export',
  'project.import',
  'key.bind',
  'key.rotate',
  'key.disable',
  'key.enable',
  'key.destroy',
  'collaborator.add',
  'collaborator.change',
  'collaborator.remove',
  'bucket-grant.add',
  'bucket-grant.change',
  'bucket-grant.remove',
  'asset.create',
  'asset.open',
  'asset.change',
  'asset.delete',
  'asset.expire',
  'asset.lock-take-over',
  'asset-part.add',
  'asset-part.open',
  'asset-part.delete',
  'asset-part.expire',
  'upload.cancel',
  'upload.expire',
  'object.open',
  'object.put',
  'object.delete',
  'model.pull',
  'model.import',
  'model.remove',
  'audit.export',
  'audit.trim',
  'permission.denied',
]);
export type AuditAction = z.infer<typeof auditAction>;

export const auditTargetType = z.enum([
  'account',
  'person',
  'invitation',
  'service-id',
  'login-session',
  'api-key',
  'passkey',
  'project',
  'key',
  'asset',
  'asset-part',
  'upload',
  'object',
  'model',
  'signing-key',
  'audit-log',
]);
export const auditOutcome = z.enum(['success', 'denied', 'failure']);
/** How the actor proved who they are; `server`: nobody asked, the server did it by itself (trimming). */
export const auditVia = z.enum([
  'login-session',
  'api-key',
  'access-token',
  'control-socket',
  'one-time-link',
  'server',
]);

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 in hex, see docs/reference/audit-log.md');

export const auditEvent = z.strictObject({
  /** 1 for the first event of the account, and one more for each. */
  sequence: z.int().min(1),
  at: instant,
  actor: z.strictObject({
    userId: id.nullable(),
    /** As the person or service ID is called now; empty when they are gone. */
    name: z.string(),
    via: auditVia,
    credentialId: id.optional().describe('The login session or API key that they came with'),
    address: z.string().optional().describe('The network address that they came from'),
  }),
  action: auditAction,
  target: z.strictObject({ type: auditTargetType, id: z.string().optional() }),
  projectId: id.optional(),
  outcome: auditOutcome,
  details: z.object({
    role: z.string().optional(),
    previousRole: z.string().optional(),
    bucketAccess: z.string().optional(),
    previousBucketAccess: z.string().optional(),
    userId: z.string().optional().describe('Whom a grant, a link or a key is for'),
    deniedAction: z.string().optional(),
    method: z.string().optional(),
    fields: z.array(z.string()).optional().describe('Names of the fields that were changed'),
    retentionDays: z.int().optional(),
    partNumbers: z.array(z.int()).optional().describe('Versions or session entries that it is about'),
    destroyedPartNumbers: z
      .array(z.int())
      .optional()
      .describe('The oldest versions or session entries, which were destroyed to make room'),
    isSuspended: z.boolean().optional().describe('Whether somebody was suspended, or resumed'),
    keyProviderId: z.string().optional().describe('The KMS provider of a key, as the operator named it'),
    sealedSha256: z.string().optional().describe('Of what was deleted for good: the digest that its receipt has'),
  }),
  previousHash: hash,
  hash,
});
export type AuditEvent = z.infer<typeof auditEvent>;

const filters = {
  from: instant.optional().describe('Events at or after this instant'),
  to: instant.optional().describe('Events before this instant'),
  actor: id.optional().describe('Whose acts'),
  /** May be given several times. */
  action: z
    .union([auditAction, z.array(auditAction).min(1).max(auditAction.options.length)])
    .optional()
    .transform((action) => (typeof action === 'string' ? [action] : action)),
  targetType: auditTargetType.optional(),
  targetId: z
    .string()
    .regex(/^[\w./-]{1,200}$/)
    .optional(),
  projectId: id.optional(),
  outcome: auditOutcome.optional(),
};

/** `GET /audit-events`: the newest first. */
export const auditQuery = z.strictObject({
  ...filters,
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor,
});
export const auditEventList = z.strictObject({ items: z.array(auditEvent), nextCursor: z.string().optional() });
export type AuditEventList = z.infer<typeof auditEventList>;

/**
 * `GET /audit-events/export`: a file, the newest event first. JSON Lines holds one {@link auditEvent} a line with `accountId` beside its
 * fields; CSV the same fields flat.
 */
export const auditExportFormat = z.enum(['jsonl', 'csv']);
export const auditExportQuery = z.strictObject({ ...filters, format: auditExportFormat });

/** `GET` and `PUT /account/audit-retention`: how long events are kept; null: for as long as the account is there. */
export const auditRetention = z.strictObject({ days: z.int().min(1).max(36_500).nullable() });
export type AuditRetention = z.infer<typeof auditRetention>;

/** `GET /audit/chains`: the accounts that can be verified; only over the control socket, as the next one. */
export const auditChainList = z.strictObject({ items: z.array(z.strictObject({ accountId: id })) });

const chainPlace = z.strictObject({ sequence: z.int().min(0), hash });

/** `POST /audit/verify`: reads the whole chain of an account. */
export const verifyAuditRequest = z.strictObject({
  accountId: id,
  /** The end of the chain as an earlier run found it: the chain must still contain it. */
  anchor: chainPlace.optional(),
});
export const auditVerification = z.strictObject({
  accountId: id,
  events: z.int().describe('How many events were checked'),
  first: z.int().nullable().describe('Sequence of the first one that is kept'),
  last: z.int().nullable(),
  head: chainPlace.nullable().describe('The end of the chain, for the anchor of the next run'),
  faults: z.array(
    z.strictObject({
      kind: z.enum([
        'altered',
        'removed',
        'out-of-order',
        'head-differs',
        'signature-not-valid',
        'checkpoint-differs',
        'anchor-missing',
      ]),
      sequence: z.int().describe('Where'),
      detail: z.string(),
    }),
  ),
});
export type AuditVerification = z.infer<typeof auditVerification>;
