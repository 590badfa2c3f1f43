/** The server's process: settings, what the terminal shows, signals, and the end. `compose.ts` joins the rooms. */
import { spawnSync } from 'node:child_process';
import { composeDeployment, type RunningDeployment } from './compose.ts';
import { readProcessSettings, redactedSettings, type Settings } from './config/index.ts';
import { isAppError } from './core/index.ts';

const settings = orRefuse(() => readProcessSettings());

if (settings.printConfig) {
  for (const [variable, value] of Object.entries(redactedSettings(settings))) console.log(`${variable}=${value}`);
} else {
  await run(settings);
}

async function run(settings: Settings): Promise<void> {
  process.umask(0o077);
  forbidCoreDumps();
  const deployment = await composeDeployment(settings).catch(refuse);
  stopOnSignals(deployment);
  say(`Cloister is ready: ${deployment.url}`);
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

/** A core dump would hold prompts. util-linux's prlimit sets the limit of this process from outside; Node.js has no call for it. */
function forbidCoreDumps(): void {
  const { status } = spawnSync('prlimit', ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' });
  if (status !== 0)
    say('Core dumps could not be switched off (prlimit is missing): start the server under `ulimit -c 0`.');
}

function stopOnSignals(deployment: RunningDeployment): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      say('Stopping …');
      deployment.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
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
