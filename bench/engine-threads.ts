/**
 * How many threads the built-in engine should use: tokens per second of the real model at each number of threads and of concurrent
 * requests, through the engine itself (its child, walls and all, without HTTP).
 *
 *     npx node bench/engine-threads.ts [rounds, 3 unless told] [--busy: beside another process that takes a whole core]
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { silentLogger, systemClock } from '../server/core/index.ts';
import { createLlamaCppEngine } from '../server/inference/index.ts';
import { testModelPath } from '../server/inference/testing.ts';
import { benchRequest, median } from './support.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const isBusy = process.argv.includes('--busy');
const TOKENS = 96;
const CONCURRENCY = [1, 4, 8];
const MODEL = 'bench/model';

const path = await testModelPath();
const threadCounts = Array.from({ length: availableParallelism() }, (_, index) => index + 1);
const engines = threadCounts.map((threads) => ({
  threads,
  engine: createLlamaCppEngine({
    models: {
      installedModels: async () => [{ modelId: MODEL, path, contextLength: 8192, functions: ['text_generation'] }],
      onModelsChanged: () => () => {},
    },
    modelsDirectory: dirname(path),
    threads,
    sequences: 8,
    contextLength: 1024,
    clock: systemClock,
    logger: silentLogger,
  }),
}));

async function tokensPerSecond({ engine }: (typeof engines)[number], requests: number): Promise<number> {
  const begin = performance.now();
  const counts = await Promise.all(
    Array.from({ length: requests }, async (_, number) => {
      for await (const event of engine.stream(benchRequest(MODEL, number, TOKENS), new AbortController().signal))
        if (event.type === 'done') return event.outputTokens;
      return 0;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - begin) / 1000);
}

const other = isBusy ? spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }) : undefined;
for (const one of engines) await tokensPerSecond(one, 1);
console.log('threads  requests  tokens/s (median, lowest to highest)');
for (const requests of CONCURRENCY) {
  const rates = new Map(engines.map(({ threads }) => [threads, [] as number[]]));
  // Turn by turn, so that what else the machine does meets them all.
  for (let round = 0; round < ROUNDS; round += 1)
    for (const one of engines) rates.get(one.threads)?.push(await tokensPerSecond(one, requests));
  for (const [threads, values] of rates) {
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
    console.log(
      `${String(threads).padStart(7)}  ${String(requests).padStart(8)}  ${median(values).toFixed(0)} (${range})`,
    );
  }
}
other?.kill();
for (const { engine } of engines) await engine.close();
