import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWalledByKernel, walledCommand } from './engine-walls.ts';

/** Any program behind the kernel's walls, in the place of Node.js: what native code that was taken over could do. */
describe('a program behind the walls', () => {
  let folder: string;
  let data: string;
  let run: string;
  let keyFile: string;
  let prefix: readonly string[];
  let socket: Server;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-walls-'));
    data = join(folder, 'data');
    run = join(folder, 'run');
    for (const path of [join(data, 'models'), join(data, 'buckets'), run]) mkdirSync(path, { recursive: true });
    writeFileSync(join(data, 'models', 'model.gguf'), 'weights');
    writeFileSync(join(data, 'buckets', 'object'), 'sealed');
    socket = createServer((connection) => connection.end('heard\n')).listen(join(run, 'control.sock'));
    keyFile = join(folder, 'root.key');
    writeFileSync(keyFile, 'the root key');
    const { program, args, walls } = walledCommand('/unused', {
      modelsDirectory: join(data, 'models'),
      // As a deployment names them: one in another, one not there, a file.
      hidden: [data, join(data, 'buckets'), join(data, 'not there'), keyFile, run],
    });
    expect(isWalledByKernel(walls)).toBe(true);
    prefix = [program, ...args.slice(0, args.indexOf(process.execPath))];
  });
  afterAll(() => {
    socket?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function behind(script: string): { status: number | null; output: string } {
    const [program = '', ...args] = [...prefix, 'sh', '-c', script];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  const connect = (path: string) =>
    `${process.execPath} -e "require('net').connect('${path}').on('connect', () => process.exit(0)).on('error', (error) => { console.log(error.code); process.exit(3); })"`;

  it('reads the models, also those that come later', () => {
    writeFileSync(join(data, 'models', 'later.gguf'), 'more weights');
    expect(behind(`cat ${join(data, 'models', '*.gguf')}`)).toEqual({ status: 0, output: 'more weightsweights' });
  });

  it('sees nothing else of the deployment', () => {
    expect(behind(`ls -A ${data}`)).toEqual({ status: 0, output: 'models\n' });
    expect(behind(`ls -A ${run}`)).toEqual({ status: 0, output: '' });
    expect(behind(`cat ${join(data, 'buckets', 'object')}`).status).not.toBe(0);
    expect(behind(`cat ${keyFile}`)).toEqual({ status: 0, output: '' });
  });

  it('reaches no socket of the deployment, which others reach', () => {
    expect(spawnSync('sh', ['-c', connect(join(run, 'control.sock'))]).status).toBe(0);
    expect(behind(connect(join(run, 'control.sock')))).toEqual({ status: 3, output: 'ENOENT\n' });
  });

  it('has no network, not even loopback', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as { port: number };
    const { status } = behind(
      `exec 3<>/dev/tcp/127.0.0.1/${port} || exit 3`.replace(/^/, 'exec bash -c "').concat('"'),
    );
    server.close();
    expect(status).toBe(3);
  });

  it('writes no byte, and leaves none outside where it may make files', () => {
    const outside = join(folder, 'outside');
    expect(behind(`echo words > ${outside}`).status).not.toBe(0);
    expect(existsSync(outside) ? spawnSync('cat', [outside], { encoding: 'utf8' }).stdout : '').toBe('');
  });

  it('has no right of root that it could get back', () => {
    const { output } = behind('grep -E "^(Cap(Eff|Prm|Bnd|Amb)|NoNewPrivs)" /proc/self/status');
    expect(output.match(/^Cap\w+:\s+0+$/gm)).toHaveLength(4);
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(behind(`umount ${data}`).status).not.toBe(0);
  });
});

it('a folder that the package itself is in is not called hidden', () => {
  const { walls } = walledCommand('/unused', {
    modelsDirectory: tmpdir(),
    hidden: [join(import.meta.dirname, '../..')],
  });
  expect(walls.deploymentFiles).toBe('readable');
  expect(isWalledByKernel(walls)).toBe(false);
});
