import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');

export const ADMINISTRATOR = { email: 'ada@example.org', password: 'correct horse battery staple' } as const;

export type Deployment = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly folder: string;
  readonly dataDirectory: string;
  readonly processId: number;
  /** What the server printed so far. */
  output(): string;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts the server again on the same data. */
  restart(): Promise<Deployment>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
  /** Runs the command line against it. */
  cloister(...args: string[]): Promise<CommandResult>;
};

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type DeploymentOptions = {
  /** Settings beside the ones that every test deployment has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A GGUF file that becomes the default model's file, so that nothing is downloaded. Without it there is no model. */
  readonly modelFile?: string;
  /** False: no administrator is made; the one-time link is printed. */
  readonly administrator?: boolean;
  /** A folder to use instead of a new one; it is not removed afterwards. */
  readonly folder?: string;
  /** Words before the commands of the server and the command line, as `unshare` takes a command; they must hand their process over to it. */
  readonly through?: readonly string[];
};

/** Starts the real server as its own process, on a free port, with a data directory, key file and run directory of its own. */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'cloister-test-'));
  const dataDirectory = join(folder, 'data');
  const run = join(folder, 'run');
  mkdirSync(run, { recursive: true, mode: 0o700 });
  if (options.modelFile !== undefined) placeDefaultModel(dataDirectory, options.modelFile);
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: run,
    XDG_CONFIG_HOME: join(folder, 'configuration'),
    TMPDIR: temporaryFolder(folder),
    CLOISTER_DATA: dataDirectory,
    CLOISTER_PORT: '0',
    CLOISTER_DEFAULT_MODEL: 'off',
    ...(options.administrator === false
      ? {}
      : { CLOISTER_ADMIN_EMAIL: ADMINISTRATOR.email, CLOISTER_ADMIN_PASSWORD: ADMINISTRATOR.password }),
    ...options.settings,
  };
  const [program = process.execPath, ...args] = [
    ...(options.through ?? []),
    process.execPath,
    join(root, 'server/main.ts'),
  ];
  const server = spawn(program, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const url = await readyUrl(server, lines);
  const removesFolder = options.folder === undefined;

  const deployment: Deployment = {
    url,
    folder,
    dataDirectory,
    processId: server.pid ?? -1,
    output: () => lines.join('\n'),
    kill: () => end(server, 'SIGKILL').then(() => undefined),
    stop: () => end(server, 'SIGTERM'),
    restart: () => startDeployment({ ...options, folder }),
    remove: async () => {
      await end(server, 'SIGTERM');
      if (removesFolder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
    cloister: (...args) => {
      const [command = '', ...rest] = [...(options.through ?? []), join(root, 'cli/cloister'), ...args];
      return runCommand(command, rest, environment);
    },
  };
  return deployment;
}

/** An API key of the administrator. */
export async function createApiKey(deployment: Deployment): Promise<string> {
  const { stdout, stderr } = await deployment.cloister('api-key', 'create', '--name', 'test');
  const key = /^cl_\S+$/m.exec(stdout)?.[0];
  if (key === undefined) throw new Error(`No API key was made:\n${stderr}`);
  return key;
}

/** Runs the server where it is expected to refuse to start; gives its exit code and what it printed. */
export async function runServer(settings: Readonly<Record<string, string>>): Promise<CommandResult> {
  const environment = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...settings };
  return runCommand(process.execPath, [join(root, 'server/main.ts')], environment);
}

function placeDefaultModel(dataDirectory: string, modelFile: string): void {
  const models = join(dataDirectory, 'models');
  const name = 'huggingfacetb--smollm2-135m-instruct.gguf';
  if (existsSync(join(models, name))) return;
  mkdirSync(models, { recursive: true, mode: 0o700 });
  cpSync(modelFile, join(models, name));
}

function temporaryFolder(folder: string): string {
  const path = join(folder, 'tmp');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.keep'), '');
  return path;
}

async function readyUrl(server: ChildProcess, lines: string[]): Promise<string> {
  const found = Promise.withResolvers<string>();
  for (const stream of [server.stdout, server.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      const url = /^Cloister is ready: (\S+)/.exec(line)?.[1];
      if (url !== undefined) found.resolve(url);
    });
  }
  server.once('exit', (code) =>
    found.reject(new Error(`The server ended (code ${code}) before it was ready:\n${lines.join('\n')}`)),
  );
  return found.promise;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill(signal);
    await once(server, 'exit');
  }
  return server.exitCode;
}

function runCommand(program: string, args: readonly string[], env: Record<string, string>): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
