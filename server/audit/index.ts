export type { Audit } from './audit.ts';
export type {
  AuditAction,
  AuditActor,
  AuditDetails,
  AuditEvent,
  AuditOutcome,
  AuditTargetType,
} from './audit-event.ts';
export type { CheckpointSigner } from './checkpoint-signer.ts';
