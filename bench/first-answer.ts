/**
 * From nothing to the first answer, as the README says it: clone, `npm start`, a key, a request; then a second start. Clones this repository into
 * a folder of its own; npm's and pip's caches are what they are unless `--no-cache` is given, which uses empty ones.
 *
 *     npx node bench/first-answer.ts [--no-cache]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';
const folder = mkdtempSync(join(tmpdir(), 'cloister-first-'));
const clone = join(folder, 'cloister');
const caches = process.argv.includes('--no-cache')
  ? { npm_config_cache: join(folder, 'npm-cache'), PIP_NO_CACHE_DIR: '1' }
  : {};
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  ...caches,
  // npm puts the pinned Node.js of this clone first; the other one must find its own way from the machine's.
  PATH: (process.env.PATH ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':'),
  XDG_CONFIG_HOME: join(folder, 'configuration'),
  CLOISTER_PORT: '0',
  CLOISTER_ADMIN_EMAIL: 'ada@example.org',
  CLOISTER_ADMIN_PASSWORD: 'correct horse battery staple',
};

try {
  const begin = performance.now();
  const told = (what: string) =>
    console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  run('git', ['clone', '--quiet', resolve(import.meta.dirname, '..'), clone], folder);
  told('cloned');
  const first = await start((line) => {
    if (/^(Installing|Building)/.test(line)) told(line);
  });
  told('the first start is ready');
  const key = run(join(clone, 'cli/cloister'), ['api-key', 'create', '--name', 'first'], clone)
    .trim()
    .split('\n')
    .at(-1);
  for (;;) {
    const response = await fetch(`${first.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, max_tokens: 16, messages: [{ role: 'user', content: 'Say hello.' }] }),
    });
    if (response.status === 200) break;
    await new Promise((done) => setTimeout(done, 250));
  }
  told('the first answer is there (model fetched)');
  await stop(first.process);
  const again = performance.now();
  const second = await start(() => {});
  console.log(`${((performance.now() - again) / 1000).toFixed(1).padStart(6)} s  for a second start`);
  await stop(second.process);
  const sizes = run('du', ['-sm', 'node_modules', 'dist', 'data'], clone)
    .trim()
    .replaceAll('\n', ', ')
    .replaceAll('\t', ' MiB ');
  console.log(`sizes: ${sizes}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function start(onLine: (line: string) => void): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ready = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      const url = /^Cloister is ready: (\S+)/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    });
  }
  child.once('exit', (code) => ready.reject(new Error(`npm start ended with ${code}`)));
  return { process: child, url: await ready.promise };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  await ended;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`);
  return stdout;
}
