/** The engine's child process as the server sees it: always there again, and never waited for in vain. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Logger, loggableError } from '../core/index.ts';
import { type EngineWalls, type WalledCommand, walledEnvironment } from './engine-walls.ts';
import type { FromChild, ToChild } from './llama-cpp-protocol.ts';

/** A child that says nothing for so long while it has work is asked; one that does not answer either is ended. */
const ASK_AFTER_MS = 5_000;
const END_AFTER_SILENCE_MS = 30_000;
/** The longest that one request may stand still in a child that still answers: a model being loaded, a piece of a long prompt. */
const END_AFTER_STANDSTILL_MS = 600_000;
const LOOK_EVERY_MS = 1_000;
/** Between two starts that both failed at once, doubled each time. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** A request does not wait for a pause so short. */
const LONGEST_PAUSE_JUMPED_MS = 1_000;
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
  /** When the request that has told nothing for the longest told something last, by `monotonicMs`; undefined while none runs. */
  readonly stillSinceMs: () => number | undefined;
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

  /**
   * Sends a message, and starts a child for it at once if the last one ended just now.
   * @returns false when no child can be had: it failed again and again, and the next start is some time off.
   */
  send(message: ToChild): boolean {
    if (this.#child === undefined && !this.#isClosed && this.#pauseMs <= LONGEST_PAUSE_JUMPED_MS) this.#start();
    // Silence is counted from the moment when there was something to say.
    if (this.#options.stillSinceMs() === undefined) this.#heardMs = this.#options.monotonicMs();
    // A child that dies meanwhile is told of by its exit.
    this.#child?.send(message, () => {});
    return this.#child !== undefined;
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
    const child = this.#spawn(command);
    if (child === undefined) {
      this.#startLater();
      return;
    }
    this.#child = child;
    this.#startedMs = this.#heardMs = monotonicMs();
    child.on('message', (messages) => {
      for (const message of messages as FromChild[]) {
        this.#heardMs = monotonicMs();
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

  #spawn({ program, args }: WalledCommand): ChildProcess | undefined {
    try {
      return spawn(program, args, {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        // Ctrl+C reaches every process of the terminal's group; when the engine ends is the server's to say.
        detached: true,
        serialization: 'advanced',
        env: walledEnvironment(),
        // "/" so that no folder is held, and nothing relative is found.
        cwd: '/',
      });
    } catch (error) {
      // No memory or no process left: most failures come as an event, some do not.
      this.#options.logger.error('the engine cannot be started; the next try follows', { error: loggableError(error) });
      return undefined;
    }
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#options.onEnd();
    if (!this.#isClosed) this.#startLater();
  }

  #startLater(): void {
    const ranMs = this.#options.monotonicMs() - this.#startedMs;
    this.#pauseMs = ranMs > RAN_WELL_MS ? FIRST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs);
  }

  #lookAfter(): void {
    const stillSinceMs = this.#options.stillSinceMs();
    if (this.#child === undefined || stillSinceMs === undefined) return;
    const endAfterSilenceMs = this.#options.endAfterSilenceMs ?? END_AFTER_SILENCE_MS;
    const nowMs = this.#options.monotonicMs();
    const silentMs = nowMs - this.#heardMs;
    if (silentMs > endAfterSilenceMs || nowMs - stillSinceMs > END_AFTER_STANDSTILL_MS) {
      this.#options.logger.error('the engine hangs; it is ended', { processId: this.#child.pid ?? 0 });
      this.#child.kill('SIGKILL');
    } else if (silentMs > Math.min(ASK_AFTER_MS, endAfterSilenceMs / 2)) {
      this.#child.send({ kind: 'ping' } satisfies ToChild, () => {});
    }
  }
}
