/**
 * The engine's child process: llama.cpp, by node-llama-cpp, behind the walls of `engine-walls.ts`. It answers over its IPC pipe and
 * nowhere else, keeps nothing of a request after it has ended, and ends when the server does.
 */
import { getLlama, type Llama, LlamaLogLevel } from 'node-llama-cpp';
import { generate } from './llama-cpp-generation.ts';
import { type LoadedModel, LoadedModels } from './llama-cpp-models.ts';
import type { ChildFailure, ChildModel, ChildSettings, FromChild, ToChild } from './llama-cpp-protocol.ts';

const running = new Map<number, AbortController>();
const outbox: FromChild[] = [];
let models: Promise<LoadedModels> | undefined;

process.on('message', (message) => void handle(message as ToChild));
// A write to a file is refused by the kernel; without a listener the signal that comes with it would end the child.
process.on('SIGXFSZ', () => {});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', () => process.exit(70));
process.on('unhandledRejection', () => process.exit(70));

async function handle(message: ToChild): Promise<void> {
  switch (message.kind) {
    case 'settings':
      models = open(message.settings);
      await models;
      return send({ kind: 'pong' });
    case 'ping':
      return send({ kind: 'pong' });
    case 'abort':
      return running.get(message.id)?.abort();
    case 'unload':
      return (await requireModels()).unload(message.modelId);
    case 'generate':
      return withModel(message, async (loaded, signal) => {
        await generate({ loaded, request: message, signal, tell: send });
      });
    case 'tokenize':
      return withModel(message, async (loaded) => {
        const tokens = loaded.tokensOf(message.prompt);
        send({ kind: 'tokens', id: message.id, inputTokens: tokens.length, pieces: loaded.piecesOf(tokens) });
      });
    case 'embed':
      return withModel(message, async (loaded) => {
        send({ kind: 'vectors', id: message.id, ...(await loaded.embed(message.texts)) });
      });
  }
}

async function open(settings: ChildSettings): Promise<LoadedModels> {
  const llama: Llama = await getLlama({
    gpu: 'auto',
    build: 'never',
    skipDownload: true,
    logLevel: LlamaLogLevel.disabled,
    maxThreads: settings.threads,
  });
  // node-llama-cpp tries its binary in a process of its own first; from here on none may be started.
  process.permission?.drop('child');
  return new LoadedModels(llama, settings);
}

async function withModel(
  request: { readonly id: number; readonly model: ChildModel },
  work: (loaded: LoadedModel, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  running.set(request.id, controller);
  try {
    // To load a model takes long: who gave up meanwhile is told so by `generate`, which looks at the signal first.
    await (await requireModels()).use(request.model, (loaded) => work(loaded, controller.signal));
  } catch (error) {
    send({
      kind: 'failed',
      id: request.id,
      failure: (error as { failure?: ChildFailure }).failure ?? { why: 'engine-failed' },
    });
  } finally {
    running.delete(request.id);
  }
}

function requireModels(): Promise<LoadedModels> {
  if (models === undefined) throw new Error('the settings come first');
  return models;
}

/** Collects what is told in one turn of the event loop, since each message on the pipe costs a system call. */
function send(message: FromChild): void {
  outbox.push(message);
  if (outbox.length > 1) return;
  setImmediate(() => {
    const messages = outbox.splice(0);
    if (process.connected) process.send?.(messages);
  });
}
