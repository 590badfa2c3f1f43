/**
 * What the HTTP surface adds: one request after the other over a kept connection, to a whole server (sign-in by API key in PostgreSQL,
 * authorisation, queue, log) whose engine is the fake, against the fake called directly. Goal: p50 under 1 ms.
 *
 *     npx node bench/http-latency.ts [requests, 3000 unless told]
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { createMemoryEngine, memoryModels } from '../server/inference/testing.ts';
import { benchPrompt, benchRequest, quantile } from './support.ts';

const REQUESTS = Number(process.argv[2] ?? 3000);
const WARM_UP = 500;
const TOKENS = 1;
const MODEL = memoryModels[0]?.modelId ?? '';

const server = fork(resolve(import.meta.dirname, 'memory-server.ts'));
const [{ url, dataDirectory }] = (await once(server, 'message')) as [{ url: string; dataDirectory: string }];
const made = spawnSync(
  resolve(import.meta.dirname, '../cli/cloister'),
  ['--data', dataDirectory, 'api-key', 'create', '--name', 'bench'],
  { encoding: 'utf8' },
);
const key = made.stdout.trim().split('\n').at(-1) ?? '';
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const engine = createMemoryEngine();

const surfaces: Readonly<Record<string, { path: string; body: (prompt: string) => object }>> = {
  '/v1/completions': {
    path: '/v1/completions',
    body: (prompt) => ({ model: MODEL, prompt, max_tokens: TOKENS, temperature: 0 }),
  },
  '/v1/completions, streamed': {
    path: '/v1/completions',
    body: (prompt) => ({ model: MODEL, prompt, max_tokens: TOKENS, temperature: 0, stream: true }),
  },
};

try {
  for (const [name, { path, body }] of Object.entries(surfaces)) {
    const through: number[] = [];
    const alone: number[] = [];
    for (let number = 0; number < WARM_UP + REQUESTS; number += 1) {
      const throughMs = await timed(() => post(path, JSON.stringify(body(benchPrompt(number)))));
      const aloneMs = await timed(() => callEngine(number));
      if (number < WARM_UP) continue;
      through.push(throughMs);
      alone.push(aloneMs);
    }
    const added = (share: number) => (quantile(through, share) - quantile(alone, share)).toFixed(2);
    console.log(
      `${name}: engine alone p50 ${quantile(alone, 0.5).toFixed(2)} ms, through HTTP p50 ${quantile(through, 0.5).toFixed(2)} ms; ` +
        `added p50 ${added(0.5)} ms, p90 ${added(0.9)} ms, p99 ${added(0.99)} ms (${REQUESTS} requests)`,
    );
  }
} finally {
  agent.destroy();
  server.disconnect();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function callEngine(number: number): Promise<void> {
  for await (const event of engine.stream(benchRequest(MODEL, number, TOKENS), new AbortController().signal))
    if (event.type === 'done') return;
}

function post(path: string, body: string): Promise<void> {
  return new Promise((done, fail) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('error', fail);
      response.once('end', () =>
        response.statusCode === 200 ? done() : fail(new Error(`the server answered ${response.statusCode}`)),
      );
    });
    sent.once('error', fail);
    sent.end(body);
  });
}
