/**
 * The peer of `inference.ts`: node-llama-cpp driven directly, as its documentation does it, in a process of its own and with nothing around
 * it. Reads `{ requests, tokens }` messages, answers each with what it measured.
 */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { benchPrompt } from './support.ts';

export type DirectSettings = {
  readonly modelPath: string;
  readonly threads: number;
  readonly sequences: number;
  readonly contextLength: number;
};
export type DirectRun = { readonly requests: number; readonly tokens: number };
/** Milliseconds from the start of the run. */
export type DirectResult = { readonly outputTokens: number; readonly wallMs: number; readonly firstTokenMs: number[] };

const settings = JSON.parse(process.argv[2] ?? '{}') as DirectSettings;
const llama = await getLlama({ gpu: 'auto', build: 'never', skipDownload: true, logLevel: LlamaLogLevel.disabled });
const model = await llama.loadModel({ modelPath: settings.modelPath });
const context = await model.createContext({
  sequences: settings.sequences,
  threads: settings.threads,
  contextSize: settings.contextLength,
});
const sequences = Array.from({ length: settings.sequences }, () => context.getSequence());

process.on('message', async ({ requests, tokens }: DirectRun) => {
  const begin = performance.now();
  const results = await Promise.all(
    Array.from({ length: requests }, async (_, number) => {
      const sequence = sequences[number];
      if (sequence === undefined) throw new Error('more requests than sequences');
      let text = '';
      let count = 0;
      let firstTokenMs = Number.NaN;
      for await (const token of sequence.evaluate(model.tokenize(benchPrompt(number)), { temperature: 0 })) {
        if (count === 0) firstTokenMs = performance.now() - begin;
        count += 1;
        text += model.detokenize([token]);
        if (count === tokens) break;
      }
      await sequence.clearHistory();
      return { count, firstTokenMs, length: text.length };
    }),
  );
  process.send?.({
    outputTokens: results.reduce((sum, { count }) => sum + count, 0),
    wallMs: performance.now() - begin,
    firstTokenMs: results.map(({ firstTokenMs }) => firstTokenMs),
  } satisfies DirectResult);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
