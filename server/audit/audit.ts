import type { AuditActor, AuditEvent } from './audit-event.ts';
import type { DeletionEvent, SealedDigests } from './deletion-receipt.ts';

/** Recording, as every room uses it. Reading is the audit service's. */
export type Audit = {
  /**
   * Makes a change in the database and records it, both in one transaction of the actor's: there is no change without its event, and no
   * event of a change that did not happen. `work` calls stores with the scope `{ accountId, userId }` of the actor, makes no network or KMS
   * call, and throws to take everything back.
   * @param event or what makes it of the work's result
   */
  change<T>(actor: AuditActor, event: AuditEvent | ((result: T) => AuditEvent), work: () => Promise<T>): Promise<T>;
  /**
   * Deletes for good, as {@link change} does, and signs a receipt of it in the same transaction: where no receipt can be signed, nothing is
   * deleted. The event gets the digest that the receipt has.
   * @param work deletes the rows with their wrapped keys, and says what they sealed
   */
  purge<T>(
    actor: AuditActor,
    event: DeletionEvent,
    work: () => Promise<{ readonly digests: SealedDigests; readonly result: T }>,
  ): Promise<{ readonly result: T; readonly receipt: string }>;
  /**
   * Records what changed nothing: an opening, a refusal. When it resolves, the event is durable; a caller that gives something out waits
   * for it, so nothing is opened unrecorded.
   */
  record(actor: AuditActor, event: AuditEvent): Promise<void>;
};
