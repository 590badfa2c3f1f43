import type { AuditRecord } from './audit-store.ts';
import { instantText } from './event-hash.ts';

export type AuditExportFormat = 'jsonl' | 'csv';

/** An event as it is given out: with all that its hash is made of, so that whoever has it can check it (docs/reference/audit-log.md). */
export function exportedEvent(record: AuditRecord) {
  const { actorCredentialId, address, targetId, projectId } = record;
  return {
    accountId: record.accountId,
    sequence: record.sequence,
    at: instantText(record.at),
    actor: {
      userId: record.actorUserId,
      name: record.actorName,
      via: record.actorVia,
      ...(actorCredentialId === null ? {} : { credentialId: actorCredentialId }),
      ...(address === null ? {} : { address }),
    },
    action: record.action,
    target: { type: record.targetType, ...(targetId === null ? {} : { id: targetId }) },
    ...(projectId === null ? {} : { projectId }),
    outcome: record.outcome,
    details: record.details,
    previousHash: record.previousHash,
    hash: record.hash,
  };
}

/** The lines of a file in that format, its heading included. */
export async function* writeExport(
  pages: AsyncIterable<readonly AuditRecord[]>,
  format: AuditExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(COLUMNS.map(([name]) => name));
  const write = format === 'csv' ? toCsv : toJsonLine;
  for await (const records of pages) yield records.map(write).join('');
}

function toJsonLine(record: AuditRecord): string {
  return `${JSON.stringify(exportedEvent(record))}\n`;
}

const COLUMNS: readonly (readonly [string, (record: AuditRecord) => string | number | null])[] = [
  ['accountId', ({ accountId }) => accountId],
  ['sequence', ({ sequence }) => sequence],
  ['at', ({ at }) => instantText(at)],
  ['actorUserId', ({ actorUserId }) => actorUserId],
  ['actorName', ({ actorName }) => actorName],
  ['actorVia', ({ actorVia }) => actorVia],
  ['actorCredentialId', ({ actorCredentialId }) => actorCredentialId],
  ['address', ({ address }) => address],
  ['action', ({ action }) => action],
  ['targetType', ({ targetType }) => targetType],
  ['targetId', ({ targetId }) => targetId],
  ['projectId', ({ projectId }) => projectId],
  ['outcome', ({ outcome }) => outcome],
  ['details', ({ details }) => JSON.stringify(details)],
  ['previousHash', ({ previousHash }) => previousHash],
  ['hash', ({ hash }) => hash],
];

function toCsv(record: AuditRecord): string {
  return csvLine(COLUMNS.map(([, read]) => String(read(record) ?? '')));
}

/** RFC 4180. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** What spreadsheets take for the beginning of a formula, wide forms of the signs included. Somebody's name may begin so. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

function csvCell(text: string): string {
  const cell = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
