/** What the benchmarks share. */
import { Confidential } from '../server/core/index.ts';
import type { EngineRequest } from '../server/inference/index.ts';
import { greedyParameters } from '../server/inference/testing.ts';

/** Prompts of about 60 tokens that differ from their beginning on, so that no request gains from another one's. */
export function benchPrompt(number: number): string {
  return `Report ${number + 1}. ${'The court heard the witness and read the contract aloud before the clerk. '.repeat(4)}Then`;
}

/** A greedy request for exactly so many tokens. */
export function benchRequest(modelId: string, number: number, tokens: number): EngineRequest {
  return {
    modelId,
    prompt: { mode: 'text', text: Confidential.of(benchPrompt(number)) },
    parameters: { ...greedyParameters, maxNewTokens: tokens },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The value below which that share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
