export type { Audit } from './audit.ts';
export type { AuditAction, AuditActor, AuditDetails, AuditEvent, AuditOutcome, AuditTargetType } from './audit-event.ts';
