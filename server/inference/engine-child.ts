/** The engine's child process as the server sees it: always there again, and never waited for in vain. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from '../core/index.ts';
import { type EngineWalls, type WalledCommand, walledEnvironment } from './engine-walls.ts';
import type { FromChild, ToChild } from './llama-cpp-protocol.ts';

/** A child that says nothing for so long while it has work is asked; one that does not answer either is ended. */
const ASK_AFTER_MS = 5_000;
const END_AFTER_SILENCE_MS = 30_000;
/** The longest that all requests together may stand still in a child that still answers: a model being loaded, a piece of a long prompt. */
const END_AFTER_STANDSTILL_MS = 600_000;
const LOOK_EVERY_MS = 1_000;
/** Between two starts that both failed at once, doubled each time. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
const RAN_WELL_MS = 30_000;

export type EngineChildOptions = {
  readonly command: WalledCommand;
  /** Sent first to each new child. */
  readonly settings: ToChild;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  readonly onMessage: (message: FromChild) => void;
  /** The child is gone: whatever ran in it has failed. */
  readonly onEnd: () => void;
  /** True while requests run in the child. */
  readonly hasWork: () => boolean;
  /** How long silence is borne; for tests. */
  readonly endAfterSilenceMs?: number;
};

/** Starts the child, starts it again when it ends, and ends it when it hangs. */
export class EngineChild {
  readonly #options: EngineChildOptions;
  readonly #watch: NodeJS.Timeout;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #startedMs = 0;
  #heardMs = 0;
  #movedMs = 0;
  #isClosed = false;

  constructor(options: EngineChildOptions) {
    this.#options = options;
    this.#start();
    this.#watch = setInterval(() => this.#lookAfter(), LOOK_EVERY_MS).unref();
  }

  get walls(): EngineWalls {
    return this.#options.command.walls;
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Sends a message, starting a child at once if none runs. */
  send(message: ToChild): void {
    if (this.#child === undefined && !this.#isClosed) this.#start();
    // Silence is counted from the moment when there was something to say.
    if (!this.#options.hasWork()) this.#heardMs = this.#movedMs = this.#options.monotonicMs();
    this.#child?.send(message, () => {
      // A child that died meanwhile is told of by its exit.
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }

  #start(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const { command, settings, logger, monotonicMs, onMessage } = this.#options;
    const child = spawn(command.program, command.args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: walledEnvironment(),
      // "/" so that no folder is held, and nothing relative is found.
      cwd: '/',
    });
    this.#child = child;
    this.#startedMs = this.#heardMs = this.#movedMs = monotonicMs();
    child.on('message', (messages) => {
      for (const message of messages as FromChild[]) {
        this.#heardMs = monotonicMs();
        if (message.kind !== 'pong') this.#movedMs = this.#heardMs;
        onMessage(message);
      }
    });
    child.once('error', () => this.#ended(child));
    child.once('exit', (exitCode, signal) => {
      if (!this.#isClosed) logger.error('the engine ended by itself; it is started again', { exitCode, signal });
      this.#ended(child);
    });
    child.send(settings, () => {});
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#options.onEnd();
    if (this.#isClosed) return;
    const ranMs = this.#options.monotonicMs() - this.#startedMs;
    this.#pauseMs = ranMs > RAN_WELL_MS ? FIRST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs);
  }

  #lookAfter(): void {
    if (this.#child === undefined || !this.#options.hasWork()) return;
    const nowMs = this.#options.monotonicMs();
    const isSilent = nowMs - this.#heardMs > (this.#options.endAfterSilenceMs ?? END_AFTER_SILENCE_MS);
    if (isSilent || nowMs - this.#movedMs > END_AFTER_STANDSTILL_MS) {
      this.#options.logger.error('the engine hangs; it is ended', { processId: this.#child.pid ?? 0 });
      this.#child.kill('SIGKILL');
    } else if (
      nowMs - this.#heardMs >
      Math.min(ASK_AFTER_MS, (this.#options.endAfterSilenceMs ?? END_AFTER_SILENCE_MS) / 2)
    ) {
      this.#child.send({ kind: 'ping' } satisfies ToChild, () => {});
    }
  }
}
