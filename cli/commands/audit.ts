import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AuditVerification, auditChainList, auditEventList, auditVerification } from '../../contract/app/index.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { Control } from '../control.ts';
import { table } from '../output.ts';
import type { CommandContext } from './context.ts';

/** A log of many years is read from its first event. */
const VERIFY_TIMEOUT_MS = 3_600_000;

/** The ends of chains as an earlier run found them, by account. */
const anchorFile = z.record(z.uuid(), z.strictObject({ sequence: z.int().min(1), hash: z.string() }));
type Anchors = z.infer<typeof anchorFile>;

export function addAuditCommands(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('the log of who did what');
  audit
    .command('verify')
    .description('check that no event was altered, removed or put in; exit code 1 on any find')
    .option('--account <id>', 'one account (otherwise all)')
    .option(
      '--anchor <file>',
      'keep the end of each chain in this file, and find a chain that does not contain it any more (an older database put in its place)',
    )
    .action(async ({ account, anchor }: { account?: string; anchor?: string }) => verify(context, account, anchor));
  addFilters(
    audit
      .command('export')
      .description("write the account's events to standard output, the newest first")
      .option('--format <format>', 'jsonl or csv', 'jsonl'),
  ).action(async ({ format, ...filters }: { format: string } & Filters) => {
    await context.control().download(`/audit-events/export?${queryOf(format, filters)}`, process.stdout);
  });
}

type Filters = {
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly action?: readonly string[];
  readonly targetType?: string;
  readonly targetId?: string;
  readonly project?: string;
  readonly outcome?: string;
};

function addFilters(command: Command): Command {
  return command
    .option('--from <instant>', 'events at or after it: 2026-11-24, or 2026-11-24T08:00:00Z')
    .option('--to <instant>', 'events before it')
    .option('--actor <id>', 'whose acts')
    .option('--action <action...>', 'for example asset.open; several may be given')
    .option('--target-type <type>', 'for example project')
    .option('--target-id <id>')
    .option('--project <id>', 'in this project')
    .option('--outcome <outcome>', 'success, denied or failure');
}

/** The server says what is wrong with a value; only a day is written out for it. */
function queryOf(format: string, { from, to, action = [], project, ...rest }: Filters): URLSearchParams {
  const given = { format, from: instantOf(from), to: instantOf(to), projectId: project, ...rest };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
  for (const one of action) query.append('action', one);
  return query;
}

function instantOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
}

async function verify(context: CommandContext, account: string | undefined, file: string | undefined): Promise<void> {
  const [control, output] = [context.control(), context.output()];
  const anchors = file === undefined ? undefined : readAnchors(file);
  const reports: AuditVerification[] = [];
  const { known, removed } = await accountsToVerify(control, account, anchors);
  for (const accountId of known) {
    output.progress(`Reading the log of account ${accountId} …`);
    const anchored = anchors?.[accountId];
    const request = { accountId, ...(anchored === undefined ? {} : { anchor: anchored }) };
    reports.push(await control.call(auditVerification, 'POST', '/audit/verify', request, VERIFY_TIMEOUT_MS));
  }
  const ok = reports.every(({ faults }) => faults.length === 0);
  if (file !== undefined && anchors !== undefined) writeAnchors(file, nextAnchors(anchors, reports, ok ? removed : []));
  output.result({ ok, accounts: reports, removed }, inWords(reports, removed));
  if (!ok) process.exitCode = EXIT.failed;
}

/**
 * An account that an anchor knows is looked for even where the database does not know it any more, unless the operator's log says that it was
 * removed. That log is verified in the same run, so nobody can have put that into it.
 */
async function accountsToVerify(
  control: Control,
  account: string | undefined,
  anchors: Anchors | undefined,
): Promise<{ readonly known: readonly string[]; readonly removed: readonly string[] }> {
  if (account !== undefined) return { known: [account], removed: [] };
  const { items } = await control.call(auditChainList, 'GET', '/audit/chains');
  const known = new Set(items.map(({ accountId }) => accountId));
  const removed: string[] = [];
  for (const accountId of Object.keys(anchors ?? {})) {
    if (known.has(accountId)) continue;
    const query = new URLSearchParams({ action: 'account.remove', targetId: accountId, limit: '1' });
    const told = await control.call(auditEventList, 'GET', `/audit-events?${query}`);
    if (told.items.length > 0) removed.push(accountId);
    else known.add(accountId);
  }
  return { known: [...known], removed };
}

function readAnchors(file: string): Anchors {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new CommandError(`The anchor ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  try {
    return anchorFile.parse(JSON.parse(text));
  } catch {
    throw new CommandError(`The file ${file} is no anchor that this command wrote. Name another file, or restore it.`);
  }
}

/** A chain with a fault keeps the anchor that it had: the next run must find the fault too. */
function nextAnchors(anchors: Anchors, reports: readonly AuditVerification[], removed: readonly string[]): Anchors {
  const found = reports.flatMap(({ accountId, head, faults }) =>
    head === null || head.sequence === 0 || faults.length > 0 ? [] : [[accountId, head] as const],
  );
  const kept = Object.entries(anchors).filter(([accountId]) => !removed.includes(accountId));
  return { ...Object.fromEntries(kept), ...Object.fromEntries(found) };
}

/** Never half of it: a run that is ended while it writes leaves the old one. */
function writeAnchors(file: string, anchors: Anchors): void {
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(anchors, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new CommandError(`The anchor ${file} cannot be written: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

function inWords(reports: readonly AuditVerification[], removed: readonly string[]): string {
  const rows = reports.map(({ accountId, events, first, last, faults }) => [
    accountId,
    faults.length === 0 ? 'whole' : faults.length === 1 ? '1 fault' : `${faults.length} faults`,
    first === null || last === null ? 'no events' : `${events} events (${first} to ${last})`,
  ]);
  const faults = reports.flatMap(({ accountId, faults }) =>
    faults.map(({ sequence, kind, detail }) => [accountId, String(sequence), kind, detail]),
  );
  const gone = removed.map((accountId) => [accountId, 'removed', 'as the operator’s log says']);
  const lines = [table([['ACCOUNT', 'CHAIN', 'CHECKED'], ...rows, ...gone])];
  if (faults.length > 0) lines.push('', 'Found:', table([['ACCOUNT', 'EVENT', 'FAULT', 'WHAT'], ...faults]));
  return lines.join('\n');
}
