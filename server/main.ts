/** The server's process: settings, what the terminal shows, signals, and the end. `compose.ts` joins the rooms. */
import { spawnSync } from 'node:child_process';
import { askPassphrase } from './ask-passphrase.ts';
import { composeDeployment, type RunningDeployment } from './compose.ts';
import { readProcessSettings, redactedSettings, type Settings } from './config/index.ts';
import { isAppError, loggableError } from './core/index.ts';
import { tuneGarbageCollection } from './v8-memory.ts';

/**
 * Ctrl+C in a terminal comes to the server twice where a program that passes signals on, such as `cloister start` or npm, has started it.
 * Up here, as a signal may come while the lines below still wait, and what stands behind them is not there yet.
 */
const SAME_SIGNAL_MS = 1000;

tuneGarbageCollection();
const settings = orRefuse(() => readProcessSettings());

if (settings.printConfig) {
  for (const [variable, value] of Object.entries(redactedSettings(settings))) console.log(`${variable}=${value}`);
} else {
  await run(settings);
}

async function run(settings: Settings): Promise<void> {
  process.umask(0o077);
  forbidTracesOfMemory();
  const starting = composeDeployment(settings, {
    askPassphrase: () => askPassphrase('Passphrase of the root key: '),
  });
  endOnFaults(starting);
  const stopping = stopOnSignals(starting);
  const deployment = await starting.catch(refuse);
  say(`Cloister is ready: ${deployment.url}`);
  await welcome(deployment, settings).catch((error: unknown) => {
    // A signal in the first moments takes the database away from it.
    if (!stopping.hasBegun()) throw error;
  });
}

/** Tells how the first person comes in, and fetches the first model. */
async function welcome(deployment: RunningDeployment, settings: Settings): Promise<void> {
  const setUpLink = await deployment.setUpLink();
  if (setUpLink !== undefined) {
    say('');
    say('Create the administrator in a browser. This link works once, and until the server stops:');
    say(`  ${setUpLink}`);
    say('');
  }
  if (settings.defaultModel) {
    await deployment.fetchDefaultModel({
      write: (text) => process.stdout.write(text),
      isTerminal: process.stdout.isTTY === true,
    });
  }
}

/**
 * A core dump or a diagnostic report would hold prompts. util-linux's prlimit sets the limit of this process from outside; Node.js has no
 * call for it. Reports are off by default; NODE_OPTIONS may have switched them on.
 */
function forbidTracesOfMemory(): void {
  Object.assign(process.report, { reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false });
  const { status } = spawnSync('prlimit', ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' });
  if (status !== 0)
    say('Core dumps could not be switched off (prlimit is missing): start the server under `ulimit -c 0`.');
}

/**
 * A fault that nobody foresaw ends the server, in order. Its message is not printed, as Node.js would: libraries quote their input in
 * messages, and what is on the terminal is kept by journals.
 */
function endOnFaults(starting: Promise<RunningDeployment>): void {
  let isEnding = false;
  const end = async (fault: unknown): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    const { name, code, stack } = loggableError(fault);
    process.stderr.write(
      `Cloister ends because of a fault in it (${name}${code === undefined ? '' : `, ${code}`}):\n${stack.join('\n')}\n`,
    );
    const deployment = await starting.catch(() => undefined);
    await deployment?.close().catch(() => {});
    process.exit(70);
  };
  process.on('uncaughtException', (fault) => void end(fault));
  process.on('unhandledRejection', (fault) => void end(fault));
  // Whoever reads the terminal's lines may go away; the server stays.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** The first signal ends the server in order, also while it still starts; a second one, when somebody has waited for it, at once. */
function stopOnSignals(starting: Promise<RunningDeployment>): { hasBegun(): boolean } {
  let isStopping = false;
  let isWaitedFor = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isWaitedFor) process.exit(130);
      if (isStopping) return;
      isStopping = true;
      setTimeout(() => {
        isWaitedFor = true;
      }, SAME_SIGNAL_MS).unref();
      say('Stopping …');
      starting
        .then((deployment) => deployment.close())
        .then(
          () => process.exit(0),
          () => process.exit(1),
        );
    });
  }
  return { hasBegun: () => isStopping };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return refuse(error);
  }
}

/** One clear sentence and exit code 1; the stack only for what nobody expected. */
function refuse(error: unknown): never {
  process.stderr.write(
    isAppError(error)
      ? `${error.message}\n`
      : `Cloister cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
