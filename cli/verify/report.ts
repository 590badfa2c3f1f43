import { bytesInWords } from '../output.ts';
import type { Canary } from './canary.ts';
import { type PromiseRow, promiseRows } from './promises.ts';
import type { Finding, SearchResult } from './search-deployment.ts';
import type { Sent } from './send.ts';

export type AccessCheck = { readonly check: string; readonly ok: boolean };
export type Evidence = {
  readonly canaries: readonly Canary[];
  readonly sent: readonly Sent[];
  readonly search: SearchResult;
  /** Findings without those that the run planted itself and the names of assets. */
  readonly leaks: readonly Finding[];
  readonly access: readonly AccessCheck[];
  readonly templates: readonly AccessCheck[];
  /** True: TLS, or an address that only this machine reaches. */
  readonly transitOk: boolean;
  readonly url: string;
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

export function reportRows(evidence: Evidence): RowReport[] {
  return promiseRows.map(({ item, promise, ...row }) => ({ item, promise, ...judge(row.evidence, evidence) }));
}

function judge(kind: PromiseRow['evidence'], evidence: Evidence): { verdict: Verdict; evidence: string } {
  if (typeof kind === 'object') return { verdict: 'not covered yet', evidence: kind.absent };
  const { search, leaks, canaries } = evidence;
  const searched = `searched ${search.files} files, ${bytesInWords(search.bytes)}`;
  const count = (kinds: Canary['kind']) => canaries.filter((canary) => canary.kind === kinds).length;
  const decide = (broken: boolean, words: string) => ({
    verdict: broken
      ? ('BROKEN' as const)
      : evidence.incomplete.length > 0
        ? ('not proven' as const)
        : ('kept' as const),
    evidence: words,
  });
  const has = (test: (finding: Finding) => boolean) => leaks.some(test);
  const isTemplate = ({ canary }: Finding) => canary.action.startsWith('saved template');
  switch (kind) {
    case 'input':
      return decide(
        has((finding) => finding.canary.kind === 'content' && !isTemplate(finding)),
        `${count('content')} canaries in ${evidence.sent.length} requests; ${waysInWords(evidence.sent)}; ${searched}`,
      );
    case 'output': {
      const outputs = count('output');
      if (outputs === 0)
        return { verdict: 'not proven', evidence: 'no model answered with text long enough to look for' };
      return decide(
        has(({ canary }) => canary.kind === 'output'),
        `${outputs} outputs looked for; ${searched}`,
      );
    }
    case 'logs':
      return decide(
        has(({ place }) => place === 'logs'),
        `all canaries looked for in the logs; ${searched}`,
      );
    case 'template':
      return decide(
        has(isTemplate) || evidence.templates.some(({ ok }) => !ok),
        `${inWords(evidence.templates)}; its content was in no file in clear`,
      );
    case 'access':
      return decide(
        evidence.access.some(({ ok }) => !ok),
        inWords(evidence.access),
      );
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
  return checks.map(({ check, ok }) => `${check}: ${ok ? 'yes' : 'NO'}`).join('; ');
}
