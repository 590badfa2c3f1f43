import type { Deployment } from '../../contract/app/index.ts';
import { bytesInWords } from '../output.ts';
import type { Canary } from './canary.ts';
import { type PromiseRow, promiseRows } from './promises.ts';
import type { Finding, SearchResult } from './search-deployment.ts';
import type { Sent } from './send.ts';

export type AccessCheck = {
  readonly check: string;
  readonly ok: boolean;
  /** What was found instead, in words. */
  readonly found?: string;
};
export type Evidence = {
  readonly canaries: readonly Canary[];
  readonly sent: readonly Sent[];
  readonly search: SearchResult;
  /** Findings without those that the run planted itself, and without metadata where it belongs. */
  readonly leaks: readonly Finding[];
  readonly access: readonly AccessCheck[];
  readonly templates: readonly AccessCheck[];
  /** Empty: files could not be saved. */
  readonly files: readonly AccessCheck[];
  readonly ownKey: readonly AccessCheck[];
  /** Empty: no other account could be tried. */
  readonly otherAccounts: readonly AccessCheck[];
  /** True: TLS, or an address that only this machine reaches. */
  readonly transitOk: boolean;
  readonly url: string;
  /** What the deployment says can be searched on this machine. */
  readonly searchable: Deployment['searchable'];
  /** What kept the run from being a proof. */
  readonly incomplete: readonly string[];
};

export type Verdict = 'kept' | 'BROKEN' | 'not proven' | 'not covered yet';
export type RowReport = {
  readonly item: string;
  readonly promise: string;
  readonly verdict: Verdict;
  readonly evidence: string;
};

export type Conclusion = {
  readonly ok: boolean;
  readonly rows: readonly RowReport[];
  /** Why the run is no proof, with what to do about it; empty when it is one. */
  readonly incomplete: readonly string[];
};

/** The verdict of the whole run: `ok` only if everything that this command can prove is proven. */
export function conclude(evidence: Evidence): Conclusion {
  const rows = promiseRows.map(({ item, promise, ...row }) => ({ item, promise, ...judge(row.evidence, evidence) }));
  const incomplete = [...evidence.incomplete, ...unsearchedParts(evidence).map((part) => WHAT_TO_DO[part])];
  if (incomplete.length === 0 && !evidence.canaries.some(({ kind }) => kind === 'output')) incomplete.push(NO_OUTPUT);
  const isProven = rows.every(({ verdict }) => verdict === 'kept' || verdict === 'not covered yet');
  return { ok: isProven && incomplete.length === 0 && evidence.leaks.length === 0, rows, incomplete };
}

type Part = keyof Evidence['searchable'];

const PARTS = ['database', 'logs', 'storage'] as const satisfies readonly Part[];
const PART_IN_WORDS: Record<Part, string> = {
  database: "the database's files",
  logs: "the server's log",
  storage: 'the sealed objects',
};
const WHAT_TO_DO: Record<Part, string> = {
  database:
    'DATABASE_URL names a database whose files this command does not know: its tables, its WAL and its log were not searched. Run this command on a deployment with a PostgreSQL of its own (without DATABASE_URL), and search the files of that database on its machine',
  logs: 'the log goes to standard output, which is no file, and was not searched: set CLOISTER_LOG=file or send standard output into a file, start the server again and run this command again',
  storage:
    'the sealed objects are in a storage that is no folder of this deployment, and were not searched. Run this command on a deployment with the folder that it takes by itself (without CLOISTER_BUCKET and CLOISTER_STORAGE_INSTANCES), and search a copy of the buckets',
};
const NO_OUTPUT =
  'no model answered with text long enough to look for: run the command again, with a larger model if it stays so';

function unsearchedParts({ searchable }: Evidence): Part[] {
  return PARTS.filter((part) => !searchable[part]);
}

function judge(kind: PromiseRow['evidence'], evidence: Evidence): { verdict: Verdict; evidence: string } {
  if (typeof kind === 'object') return { verdict: 'not covered yet', evidence: kind.absent };
  const { search, leaks, canaries } = evidence;
  const unsearched = unsearchedParts(evidence);
  const searched = [
    `searched ${search.files} files, ${bytesInWords(search.bytes)}`,
    ...unsearched.map((part) => `${PART_IN_WORDS[part]} NOT among them`),
  ].join(', ');
  const count = (kinds: Canary['kind']) => canaries.filter((canary) => canary.kind === kinds).length;
  /** `rests`: the parts without which the row is not proven. */
  const decide = (broken: boolean, words: string, rests: readonly Part[] = []) => {
    const isProven = evidence.incomplete.length === 0 && !rests.some((part) => unsearched.includes(part));
    const verdict: Verdict = broken ? 'BROKEN' : isProven ? 'kept' : 'not proven';
    return { verdict, evidence: words };
  };
  const has = (test: (finding: Finding) => boolean) => leaks.some(test);
  const isTemplate = ({ canary }: Finding) => canary.action.includes('saved template');
  const isOfFiles = ({ action }: Canary) => action.includes('saved file');
  switch (kind) {
    case 'input':
      return decide(
        has((finding) => finding.canary.kind === 'content' && !isTemplate(finding) && !isOfFiles(finding.canary)),
        `${count('content')} canaries in ${evidence.sent.length} requests; ${waysInWords(evidence.sent)}; ${searched}`,
        PARTS,
      );
    case 'output': {
      const outputs = count('output');
      if (outputs === 0)
        return { verdict: 'not proven', evidence: 'no model answered with text long enough to look for' };
      return decide(
        has(({ canary }) => canary.kind === 'output'),
        `${outputs} outputs looked for; ${searched}`,
        PARTS,
      );
    }
    case 'logs':
      return decide(
        has(({ place }) => place === 'logs'),
        unsearched.length === 0 ? `all canaries looked for in the logs; ${searched}` : searched,
        // A database of its own writes a log of its own.
        ['database', 'logs'],
      );
    case 'template':
      return decide(
        has(isTemplate) || evidence.templates.some(({ ok }) => !ok),
        `${inWords(evidence.templates)}; its content was in clear in no file that was searched; ${searched}`,
        PARTS,
      );
    case 'files': {
      const { files } = evidence;
      if (files.length === 0) return { verdict: 'not proven', evidence: 'no file was saved' };
      return decide(
        has(({ canary }) => isOfFiles(canary)) || files.some(({ ok }) => !ok),
        `${inWords(files)}; ${canaries.filter(isOfFiles).length} canaries in files, names, descriptions, tags and words to look for; ${searched}`,
        PARTS,
      );
    }
    case 'access':
      return decide(
        evidence.access.some(({ ok }) => !ok),
        inWords(evidence.access),
      );
    case 'own key':
      return decide(
        evidence.ownKey.some(({ ok }) => !ok),
        inWords(evidence.ownKey),
        ['storage'],
      );
    case 'other accounts': {
      const { otherAccounts } = evidence;
      if (otherAccounts.length === 0) return { verdict: 'not proven', evidence: 'no other account was tried' };
      const broken = otherAccounts.some(({ ok }) => !ok);
      return decide(broken, `the owner of an account made for this run: ${inWords(otherAccounts)}`);
    }
    case 'transit':
      return decide(
        !evidence.transitOk,
        `${evidence.url}: ${evidence.transitOk ? 'TLS, or reached from this machine only' : 'plain HTTP that other machines reach'}`,
      );
  }
}

function waysInWords(sent: readonly Sent[]): string {
  const ways = new Map<string, number>();
  for (const { way } of sent) ways.set(way, (ways.get(way) ?? 0) + 1);
  return [...ways].map(([way, count]) => `${count} ${way}`).join(', ');
}

function inWords(checks: readonly AccessCheck[]): string {
  return checks
    .map(({ check, ok, found }) => `${check}: ${ok ? 'yes' : 'NO'}${found === undefined ? '' : ` (${found})`}`)
    .join('; ');
}
