/**
 * The real model through the API (a real server, HTTP, streaming) against the same model driven by node-llama-cpp directly, turn by turn in
 * one run: tokens per second and time to first token at 1, 4 and 8 concurrent requests. Goal: at least 95 % of the direct throughput.
 *
 *     npx node bench/inference.ts [rounds, 5 unless told]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { defaultThreads } from '../server/inference/index.ts';
import { testModelPath } from '../server/inference/testing.ts';
import { startDeployment } from '../test/support/deployment.ts';
import type { DirectResult, DirectRun, DirectSettings } from './direct-llama.ts';
import { benchPrompt, median } from './support.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const TOKENS = 128;
const SEQUENCES = 8;
const CONTEXT_LENGTH = 1024;
const CONCURRENCY = [1, 4, 8];
const MODEL = 'huggingfacetb/smollm2-135m-instruct';

const modelPath = await testModelPath();
const deployment = await startDeployment({
  modelFile: modelPath,
  settings: { CLOISTER_ENGINE_SEQUENCES: String(SEQUENCES), CLOISTER_ENGINE_CONTEXT: String(CONTEXT_LENGTH) },
});
const direct = await startDirect({
  modelPath,
  threads: defaultThreads(),
  sequences: SEQUENCES,
  contextLength: CONTEXT_LENGTH,
});
try {
  const key =
    (await deployment.cloister('api-key', 'create', '--name', 'bench')).stdout.trim().split('\n').at(-1) ?? '';
  const agent = new Agent({ keepAlive: true });
  const ways = {
    direct: (requests: number) => runDirect(direct, { requests, tokens: TOKENS }),
    API: (requests: number) => runThroughApi(deployment.url, key, agent, requests),
  };
  for (const run of Object.values(ways)) await run(SEQUENCES);
  console.log(`${defaultThreads()} threads, ${TOKENS} tokens a request, median of ${ROUNDS} rounds`);
  console.log('requests  direct tokens/s  API tokens/s  ratio  direct first token ms  API first token ms');
  for (const requests of CONCURRENCY) {
    const rates: Record<keyof typeof ways, number[]> = { direct: [], API: [] };
    const firsts: Record<keyof typeof ways, number[]> = { direct: [], API: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of round % 2 === 0 ? (['direct', 'API'] as const) : (['API', 'direct'] as const)) {
        const { outputTokens, wallMs, firstTokenMs } = await ways[way](requests);
        rates[way].push(outputTokens / (wallMs / 1000));
        firsts[way].push(median(firstTokenMs));
      }
    }
    const ratio = median(rates.API.map((rate, round) => rate / (rates.direct[round] ?? Number.NaN)));
    console.log(
      [
        String(requests).padStart(8),
        median(rates.direct).toFixed(1).padStart(15),
        median(rates.API).toFixed(1).padStart(12),
        `${(100 * ratio).toFixed(1)} %`,
        median(firsts.direct).toFixed(0).padStart(21),
        median(firsts.API).toFixed(0).padStart(18),
      ].join('  '),
    );
  }
} finally {
  direct.disconnect();
  await deployment.remove();
}

async function startDirect(settings: DirectSettings): Promise<ChildProcess> {
  const child = fork(resolve(import.meta.dirname, 'direct-llama.ts'), [JSON.stringify(settings)]);
  await once(child, 'message');
  return child;
}

async function runDirect(child: ChildProcess, run: DirectRun): Promise<DirectResult> {
  child.send(run);
  const [result] = (await once(child, 'message')) as [DirectResult];
  return result;
}

async function runThroughApi(url: string, key: string, agent: Agent, requests: number): Promise<DirectResult> {
  const begin = performance.now();
  const results = await Promise.all(
    Array.from({ length: requests }, (_, number) => streamCompletion(url, key, agent, number, begin)),
  );
  return {
    outputTokens: results.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    wallMs: performance.now() - begin,
    firstTokenMs: results.map(({ firstTokenMs }) => firstTokenMs),
  };
}

function streamCompletion(
  url: string,
  key: string,
  agent: Agent,
  number: number,
  begin: number,
): Promise<{ outputTokens: number; firstTokenMs: number }> {
  const body = JSON.stringify({
    model: MODEL,
    prompt: benchPrompt(number),
    max_tokens: TOKENS,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  });
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = request(`${url}/v1/completions`, { method: 'POST', agent, headers }, (response) => {
      let firstTokenMs = Number.NaN;
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (Number.isNaN(firstTokenMs) && part.includes('"text"')) firstTokenMs = performance.now() - begin;
        text += part;
      });
      response.once('error', fail);
      response.once('end', () => {
        const outputTokens = Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
        if (response.statusCode === 200 && outputTokens > 0) done({ outputTokens, firstTokenMs });
        else fail(new Error(`the API answered ${response.statusCode}`));
      });
    });
    sent.once('error', fail);
    sent.end(body);
  });
}
