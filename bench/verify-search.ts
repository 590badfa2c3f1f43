/**
 * How fast `cloister verify` reads what a deployment keeps: every form of 200 canaries looked for at once, beside SHA-256 of the same bytes.
 *
 *     npx node bench/verify-search.ts
 */
import { createHash } from 'node:crypto';
import { createLedger } from '../cli/verify/canary.ts';
import { needlesOf } from '../cli/verify/encodings.ts';
import { createSearcher } from '../cli/verify/searcher.ts';

const CANARIES = 200;
const ROUNDS = 5;

const ledger = createLedger();
for (let count = 0; count < CANARIES; count += 1) ledger.add('speed');
const searcher = createSearcher(
  ledger.canaries.flatMap(({ words }) => words.flatMap(needlesOf)).map(({ bytes }) => bytes),
);
const data = Buffer.alloc(100_000_000);
for (let at = 0; at < data.length; at += 1) data[at] = (at * 2_654_435_761) >>> 13;

/** Megabytes (10^6) a second. */
function speedOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return data.length / 1000 / (performance.now() - start);
}

const median = (values: readonly number[]) => [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;
const search: number[] = [];
const hash: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  search.push(speedOf(() => searcher.search(data, () => {})));
  hash.push(speedOf(() => createHash('sha256').update(data).digest()));
}
console.log(
  `median of ${ROUNDS} rounds, MB/s (10^6 bytes): search ${median(search).toFixed(0)}, SHA-256 ${median(hash).toFixed(0)}`,
);
