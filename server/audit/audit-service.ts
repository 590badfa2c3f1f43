import {
  type Actor,
  AppError,
  type Authorize,
  invalidField,
  notFound,
  type Page,
  type PageRequest,
} from '../core/index.ts';
import { type AuditExportFormat, writeExport } from './audit-export.ts';
import type { AuditFilters, AuditRecord } from './audit-store.ts';
import { type ChainVerification, verifyChain } from './chain-verification.ts';
import type { ChainHead } from './checkpoint-signer.ts';
import type { AuditLog } from './create-audit.ts';
import { parseReceipt } from './deletion-receipt.ts';

const DEFAULT_LIMIT = 50;
const EXPORT_BATCH = 500;

/** Reading the log, and how long it is kept. */
export type AuditService = {
  /** Events that fit all filters, the newest first. */
  list(actor: Actor, filters: AuditFilters, page: PageRequest): Promise<Page<AuditRecord>>;
  /**
   * The text of a file with the events that fit all filters, the newest first, in pieces. The export itself is recorded before the first
   * one: nobody takes the log away unseen.
   */
  export(actor: Actor, filters: AuditFilters, format: AuditExportFormat): Promise<AsyncIterable<string>>;
  /** For how many days events are kept; null: for as long as the account is there. */
  getRetention(actor: Actor): Promise<number | null>;
  /** Events that are older are removed at once, and from now on within an hour of their time. */
  setRetention(actor: Actor, days: number | null): Promise<void>;
  /** The accounts that have a chain to verify. The operator's: only the control socket calls it, and it tells ids alone. */
  listChains(): Promise<readonly string[]>;
  /**
   * Reads the chain of an account, of whichever one, and says what in it does not fit, nothing of what it holds. The operator's, as above.
   * @param anchor the end of the chain as an earlier verification found it
   * @throws AppError `not-found` for an account that is not there, unless an anchor says that it was
   */
  verify(accountId: string, anchor?: ChainHead): Promise<ChainVerification>;
  /**
   * What a deletion receipt says. It tells nobody more than whoever holds it reads in it.
   * @throws AppError `failed-precondition` (reason `receipt-not-ours`) when no key of this deployment signed it, or it is no receipt
   */
  openReceipt(receipt: string): Promise<unknown>;
};

export function createAuditService(options: {
  readonly log: AuditLog;
  readonly authorize: Authorize;
  readonly listAccountIds: () => Promise<readonly string[]>;
}): AuditService {
  const { log, authorize, listAccountIds } = options;
  const { store, signer, audit } = log;

  async function* pagesOf(actor: Actor, filters: AuditFilters): AsyncGenerator<readonly AuditRecord[]> {
    let before: number | undefined;
    let records: readonly AuditRecord[];
    do {
      const page = { limit: EXPORT_BATCH, ...(before === undefined ? {} : { before }) };
      records = await store.list(scopeOf(actor), filters, page);
      yield records;
      before = records.at(-1)?.sequence;
    } while (records.length === EXPORT_BATCH);
  }

  return {
    async list(actor, filters, { limit = DEFAULT_LIMIT, cursor }) {
      await authorize(actor, { action: 'read-audit' });
      const before = cursor === undefined ? {} : { before: decodeCursor(cursor) };
      // One more than is shown tells whether there is another page.
      const found = await store.list(scopeOf(actor), filters, { limit: limit + 1, ...before });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      if (found.length <= limit || last === undefined) return { items };
      return { items, nextCursor: encodeCursor(last.sequence) };
    },

    async export(actor, filters, format) {
      await authorize(actor, { action: 'read-audit' });
      await audit.record(actor, { action: 'audit.export', target: { type: 'audit-log' } });
      return writeExport(pagesOf(actor, filters), format);
    },

    async getRetention(actor) {
      await authorize(actor, { action: 'read-audit' });
      return (await store.findRetentionDays(scopeOf(actor))) ?? null;
    },

    async setRetention(actor, days) {
      await authorize(actor, { action: 'manage-account' });
      const event = {
        action: 'account.change',
        target: { type: 'account', id: actor.accountId },
        details: { fields: ['auditRetention'], ...(days === null ? {} : { retentionDays: days }) },
      } as const;
      await audit.change(actor, event, () => store.setRetentionDays(scopeOf(actor), days ?? undefined));
      await log.trimExpired(actor.accountId);
    },

    listChains: listAccountIds,

    async verify(accountId, anchor) {
      const report = await verifyChain({ store, signer, accountId, ...(anchor === undefined ? {} : { anchor }) });
      // Nothing wrong with nothing: an id that was not typed right must not look like a log that is whole.
      const isThere = report.head !== undefined || report.faults.length > 0;
      if (!isThere && !(await listAccountIds()).includes(accountId)) throw notFound('account', accountId);
      return report;
    },

    async openReceipt(receipt) {
      const said = parseReceipt(await signer.open(receipt));
      if (said !== undefined) return said;
      throw new AppError(
        'failed-precondition',
        'No key of this deployment signed this as a deletion receipt. Check that it is whole, and ask the deployment that gave it.',
        { details: { reason: 'receipt-not-ours' } },
      );
    },
  };
}

function scopeOf({ accountId, userId }: Actor) {
  return { accountId, userId };
}

function encodeCursor(sequence: number): string {
  return Buffer.from(String(sequence)).toString('base64url');
}

/** @throws AppError `invalid-argument` for text that {@link encodeCursor} did not make. */
function decodeCursor(cursor: string): number {
  const sequence = Number(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!Number.isSafeInteger(sequence) || sequence < 1 || encodeCursor(sequence) !== cursor)
    throw invalidField('cursor', 'must be the nextCursor of an earlier page');
  return sequence;
}
