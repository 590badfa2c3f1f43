import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Confidential, isAppError, silentLogger, systemClock } from '../core/index.ts';
import { engineConformance } from './engine.conformance.ts';
import type { EngineRequest } from './engine.ts';
import { createLlamaCppEngine, type LlamaCppEngine } from './llama-cpp-engine.ts';
import { greedyParameters, testModelPath } from './testing.ts';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';

let engine: LlamaCppEngine;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-engine-'));
  const path = await testModelPath();
  engine = createLlamaCppEngine({
    models: {
      installedModels: async () => [
        { modelId: MODEL, path, contextLength: 8192, functions: ['text_generation', 'text_chat'] },
        // More than are held in memory at once.
        { modelId: 'second/model', path, contextLength: 256, functions: ['text_generation'] },
        { modelId: 'third/model', path, contextLength: 256, functions: ['text_generation'] },
        { modelId: 'fourth/model', path, contextLength: 256, functions: ['text_generation'] },
      ],
      onModelsChanged: () => () => {},
    },
    modelsDirectory: dirname(path),
    threads: 1,
    sequences: 4,
    contextLength: 512,
    clock: systemClock,
    logger: silentLogger,
    endAfterSilenceMs: 4_000,
  });
});
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

engineConformance('llama.cpp with a real model', { engine: () => engine, chatModelId: MODEL });

describe('the child of llama.cpp', () => {
  const request = (maxNewTokens = 400): EngineRequest => ({
    modelId: MODEL,
    prompt: { mode: 'text', text: Confidential.of('Count: one, two, three,') },
    parameters: { ...greedyParameters, maxNewTokens, minNewTokens: maxNewTokens },
  });
  const processId = (): number => engine.processIds()[0] ?? 0;

  /** Runs a request and acts once it has begun to answer. */
  async function runAnd(act: () => void): Promise<unknown> {
    let hasActed = false;
    try {
      for await (const event of engine.stream(request(), new AbortController().signal)) {
        if (event.type === 'text-delta' && !hasActed) {
          hasActed = true;
          act();
        }
      }
      return 'ended well';
    } catch (error) {
      return error;
    }
  }

  async function answersAgain(): Promise<boolean> {
    for await (const event of engine.stream(request(4), new AbortController().signal))
      if (event.type === 'done') return event.outputTokens === 4;
    return false;
  }

  it('fails only the requests in it when it dies, and is back by itself', async () => {
    expect(await answersAgain()).toBe(true);
    const before = processId();
    const errors = await Promise.all([runAnd(() => process.kill(before, 'SIGKILL')), runAnd(() => {})]);
    for (const error of errors) expect(isAppError(error, 'unavailable')).toBe(true);
    expect(await answersAgain()).toBe(true);
    expect(processId()).not.toBe(before);
  });

  it('refuses a prompt of 10 MB at once, and others do not wait for it', async () => {
    const huge = { ...request(), prompt: { mode: 'text' as const, text: Confidential.of('x'.repeat(10_000_000)) } };
    const before = processId();
    const reading = (async () => {
      for await (const _event of engine.stream(huge, new AbortController().signal)) break;
    })();
    await expect(reading).rejects.toThrow(/has at least \d+ tokens/);
    expect(await answersAgain()).toBe(true);
    expect(processId()).toBe(before);
  });

  it('runs more models than it holds, at once and one after another', async () => {
    const others = ['second/model', 'third/model', 'fourth/model'];
    const tokensOf = async (modelId: string): Promise<number> => {
      for await (const event of engine.stream({ ...request(24), modelId }, new AbortController().signal))
        if (event.type === 'done') return event.outputTokens;
      return 0;
    };
    expect(await Promise.all([MODEL, ...others, MODEL, ...others].map(tokensOf))).toEqual(Array(8).fill(24));
    for (const modelId of [...others, MODEL, ...others]) expect(await tokensOf(modelId)).toBe(24);
  });

  it('is ended and started again when it hangs', async () => {
    const before = processId();
    const error = await runAnd(() => process.kill(before, 'SIGSTOP'));
    expect(isAppError(error, 'unavailable')).toBe(true);
    expect(await answersAgain()).toBe(true);
    expect(processId()).not.toBe(before);
  });

  it('has neither a network nor a right to write or to dump core, by the kernel', async () => {
    expect(await answersAgain()).toBe(true);
    expect(engine.walls).toEqual({
      network: 'kernel',
      diskWrites: 'kernel',
      coreDumps: 'off',
      deploymentFiles: 'hidden',
    });
    const limits = readFileSync(`/proc/${processId()}/limits`, 'utf8');
    expect(limits).toMatch(/^Max file size\s+0\s+0/m);
    expect(limits).toMatch(/^Max core file size\s+0\s+0/m);
    // Its network namespace has a loopback interface that is down, and nothing else.
    const devices = readFileSync(`/proc/${processId()}/net/dev`, 'utf8').trim().split('\n').slice(2);
    expect(devices.map((line) => line.split(':')[0]?.trim())).toEqual(['lo']);
    expect(readFileSync(`/proc/${processId()}/net/route`, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('gets no environment of the server', () => {
    const environment = readFileSync(`/proc/${processId()}/environ`, 'utf8');
    const names = environment.split('\0').map((entry) => entry.split('=')[0]);
    expect(names.filter((name) => name && !/^(PATH|LANG|PWD|OLDPWD|NODE_CHANNEL_\w+)$/.test(name))).toEqual([]);
  });
});
