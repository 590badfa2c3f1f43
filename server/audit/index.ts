export type { Audit } from './audit.ts';
export {
  type AuditAction,
  type AuditActor,
  type AuditDetails,
  type AuditEvent,
  type AuditOutcome,
  type AuditTargetType,
  auditActions,
  auditTargetTypes,
  theServer,
} from './audit-event.ts';
export { type AuditExportFormat, exportedEvent } from './audit-export.ts';
export { type AuditService, createAuditService } from './audit-service.ts';
export type { AuditFilters, AuditRecord } from './audit-store.ts';
export type { ChainFault, ChainVerification } from './chain-verification.ts';
export type { ChainHead, CheckpointSigner } from './checkpoint-signer.ts';
export { type AuditLog, createAudit } from './create-audit.ts';
export {
  type DeletionEvent,
  MOST_LISTED,
  type SealedDigest,
  type SealedDigests,
  sumDigests,
} from './deletion-receipt.ts';
