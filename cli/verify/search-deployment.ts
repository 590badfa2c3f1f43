import type { Canary } from './canary.ts';
import { needlesOf } from './encodings.ts';
import { DATABASE, type FileToSearch, filesOf, isGone, type SearchedParts } from './places.ts';
import { type FoundInFile, searchFile } from './search-file.ts';
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

/** Every byte of every file of the deployment, and its name, for every canary in every encoding. */
export function searchDeployment(deployment: SearchedParts, canaries: readonly Canary[]): SearchResult {
  const wanted = canaries.flatMap((canary) =>
    [...new Set(canary.words)].flatMap((word) => needlesOf(word).map((needle) => ({ canary, ...needle }))),
  );
  const searcher = createSearcher(wanted.map(({ bytes }) => bytes));
  const begin = performance.now();
  const { files, names, unreadable } = filesOf(deployment);
  const failed = [...unreadable];
  const findings = new Map<string, Finding>();
  const note = (needle: number, within: FoundInFile['within'] | 'a name', { place, path, name }: FileToSearch) => {
    const match = wanted[needle];
    if (match === undefined) return;
    const encoding = within === 'plain' ? match.encoding : `${match.encoding} in ${within}`;
    const key = `${match.canary.number} ${encoding} ${path}`;
    findings.set(key, { canary: match.canary, place, file: name, path, encoding });
  };
  // Of files that are open and have no name any more, the one that they had.
  for (const one of [...names.map((of) => ({ ...of, name: of.path })), ...files])
    searcher.search(Buffer.from(one.name), (needle) => note(needle, 'a name', one));
  let bytes = 0;
  for (const one of files) {
    try {
      bytes += searchFile(one.path, searcher, ({ needle, within }) => note(needle, within, one));
    } catch (error) {
      if (!isGone(error)) failed.push(`${one.name} (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  return { findings: [...findings.values()], files: files.length, bytes, seconds, unreadable: failed };
}

/** Metadata is in the tables of the database and in the log of their changes, and nowhere else. */
export function isLeak({ canary, place }: Finding): boolean {
  if (canary.kind === 'metadata') return place !== DATABASE;
  return canary.kind !== 'planted';
}
