import { createHash } from 'node:crypto';
import type { AuditOutcome } from './audit-event.ts';
import type { ChainHead } from './checkpoint-signer.ts';

/** Everything of an event that its hash covers: all columns of its row but the hash itself. */
export type HashedFields = {
  readonly accountId: string;
  readonly sequence: number;
  readonly at: Date;
  readonly actorUserId: string | null;
  readonly actorVia: string;
  readonly actorCredentialId: string | null;
  readonly address: string | null;
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string | null;
  readonly projectId: string | null;
  readonly outcome: AuditOutcome;
  /** The JSON text itself, so that nobody has to write it in the same way again. */
  readonly details: string;
  /** In hex. */
  readonly previousHash: string;
};

/**
 * The text that is hashed: a JSON array that begins with the version of the format, as RFC 8785 writes it. An array, since it has one order;
 * JSON, since no value can run into the next one. A change here is a new version: old events keep the hash that they have.
 */
export function canonicalText(event: HashedFields): string {
  return JSON.stringify([
    'cloister-audit-event-1',
    event.accountId,
    event.sequence,
    instantText(event.at),
    event.actorUserId,
    event.actorVia,
    event.actorCredentialId,
    event.address,
    event.action,
    event.targetType,
    event.targetId,
    event.projectId,
    event.outcome,
    event.details,
    event.previousHash,
  ]);
}

/** SHA-256 in hex. */
export function hashEvent(event: HashedFields): string {
  return sha256(canonicalText(event));
}

/** What the first event of an account follows: bound to the account, so that a chain cannot be moved to another one. */
export function genesisHead(accountId: string): ChainHead {
  return { sequence: 0, hash: sha256(JSON.stringify(['cloister-audit-genesis-1', accountId])) };
}

/** ISO 8601 in UTC with milliseconds. A time that none is (somebody put `infinity` into the row) gets a text that no event ever had. */
export function instantText(at: Date): string {
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
