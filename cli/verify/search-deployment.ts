import type { Deployment } from '../../contract/app/index.ts';
import type { Canary } from './canary.ts';
import { needlesOf } from './encodings.ts';
import { filesOf, isGone } from './places.ts';
import { searchFile } from './search-file.ts';
import { createSearcher } from './searcher.ts';

export type Finding = {
  readonly canary: Canary;
  readonly place: string;
  readonly file: string;
  readonly path: string;
  readonly encoding: string;
};

export type SearchResult = {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly unreadable: readonly string[];
};

/** Every byte of every file of the deployment, for every canary in every encoding. */
export function searchDeployment(deployment: Deployment, canaries: readonly Canary[]): SearchResult {
  const wanted = canaries.flatMap((canary) =>
    [...new Set(canary.words)].flatMap((word) => needlesOf(word).map((needle) => ({ canary, ...needle }))),
  );
  const searcher = createSearcher(wanted.map(({ bytes }) => bytes));
  const begin = performance.now();
  const { files, unreadable } = filesOf(deployment);
  const failed = [...unreadable];
  const findings = new Map<string, Finding>();
  let bytes = 0;
  for (const { place, path, name } of files) {
    try {
      bytes += searchFile(path, searcher, ({ needle, within }) => {
        const match = wanted[needle];
        if (match === undefined) return;
        const encoding = within === 'plain' ? match.encoding : `${match.encoding} in ${within}`;
        const key = `${match.canary.number} ${encoding} ${path}`;
        findings.set(key, { canary: match.canary, place, file: name, path, encoding });
      });
    } catch (error) {
      if (!isGone(error)) failed.push(`${name} (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  return { findings: [...findings.values()], files: files.length, bytes, seconds, unreadable: failed };
}
