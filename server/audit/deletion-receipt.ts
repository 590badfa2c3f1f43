import { createHash } from 'node:crypto';
import { type Clock, newId } from '../core/index.ts';
import type { Audit } from './audit.ts';
import type { AuditActor, AuditEvent } from './audit-event.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { instantText } from './event-hash.ts';

/** What is kept of a sealed object after its deletion: enough to know a copy of its bytes by, and nothing to open it with. */
export type SealedDigest = {
  /** As people know it. */
  readonly objectId: string;
  readonly sealedSizeBytes: number;
  /** What it was kept with, hexadecimal: SHA-256 over the SHA-256 digests of its segments in their order; without segments, of the sealed bytes. */
  readonly sha256: string;
};

/** The sealed objects that a deletion took. */
export type SealedDigests = {
  readonly sealedObjects: number;
  readonly sealedSizeBytes: number;
  /** Of one object its own; of several, the SHA-256 over their digests in ascending order. Absent where there were none. */
  readonly sealedSha256?: string;
  /** Each of them; absent when they are more than {@link MOST_LISTED}. */
  readonly sealed?: readonly SealedDigest[];
};

/** So that a receipt stays small enough to be handed on. */
export const MOST_LISTED = 200;

/** Sums up; for lists that fit into memory. */
export function sumDigests(sealed: readonly SealedDigest[]): SealedDigests {
  const inOrder = sealed.map(({ sha256 }) => sha256).sort();
  const sealedSha256 = inOrder.length > 1 ? sha256Of(Buffer.from(inOrder.join(''), 'hex')) : inOrder[0];
  return {
    sealedObjects: sealed.length,
    sealedSizeBytes: sealed.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0),
    ...(sealedSha256 === undefined ? {} : { sealedSha256 }),
    ...(sealed.length > MOST_LISTED ? {} : { sealed }),
  };
}

/** What is deleted for good: an event that says what. */
export type DeletionEvent = AuditEvent & { readonly target: { readonly id: string } };

const KIND = 'cloister-deletion-receipt';

/** The text that is signed. The format is told in docs/export.md; its `kind` is what no other text of the signing key has. */
export function receiptText(actor: AuditActor, event: DeletionEvent, deletedAt: Date, digests: SealedDigests): string {
  const { sealed, ...sums } = digests;
  return JSON.stringify({
    kind: KIND,
    version: 1,
    receiptId: newId(),
    accountId: actor.accountId,
    ...(event.projectId === undefined ? {} : { projectId: event.projectId }),
    what: { type: event.target.type, id: event.target.id },
    deletedAt: instantText(deletedAt),
    by: { userId: actor.userId },
    ...sums,
    ...(sealed === undefined ? {} : { sealed }),
    keyDestroyed: true,
  });
}

/** {@link Audit.purge}, over the way in which changes are made and recorded. */
export function purgeWith({
  change,
  signer,
  clock,
}: Pick<Audit, 'change'> & {
  readonly signer: Pick<CheckpointSigner, 'sign'>;
  readonly clock: Pick<Clock, 'now'>;
}): Audit['purge'] {
  return async (actor, event, work) => {
    const { result, receipt } = await change(
      actor,
      ({ digests: { sealedSha256 } }) =>
        sealedSha256 === undefined ? event : { ...event, details: { ...event.details, sealedSha256 } },
      async () => {
        const done = await work();
        // Before the commit: without a signature the deletion is taken back.
        return { ...done, receipt: await signer.sign(receiptText(actor, event, clock.now(), done.digests)) };
      },
    );
    return { result, receipt };
  };
}

/** Undefined for any other text that the key has signed. */
export function parseReceipt(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const said: unknown = JSON.parse(text);
  return typeof said === 'object' && said !== null && 'kind' in said && said.kind === KIND ? said : undefined;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
