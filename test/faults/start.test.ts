import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppClient, appClient } from '../support/client.ts';
import { createApiKey, type Deployment, runServer, startDeployment } from '../support/deployment.ts';

const root = resolve(import.meta.dirname, '../..');
const TEXT = 'Words that were saved before the second server came';

/** What a server needs to start in a folder of its own. */
function startSettings(folder: string): Record<string, string> {
  return {
    CLOISTER_DATA: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'configuration'),
    XDG_RUNTIME_DIR: folder,
    CLOISTER_PORT: '0',
    CLOISTER_DEFAULT_MODEL: 'off',
  };
}

describe('a server in a terminal', () => {
  it('ends in order on Ctrl+C, and after kill -9 leaves no process either', async () => {
    // Of a group of its own, as a shell starts it: the signal of the keys comes to all processes of the group.
    const first = await startDeployment({ through: ['setsid'] });
    try {
      const children = processesOn(first.dataDirectory);
      expect(children).not.toEqual([]);
      // What the server still has to do at its end needs them, so the keys must not reach them.
      expect(children.map(groupOf)).not.toContain(first.processId);
      process.kill(-first.processId, 'SIGINT');
      // A program that passes signals on, as `cloister start` does, sends it once more. A third one would end it at once.
      process.kill(first.processId, 'SIGTERM');
      await expect.poll(() => isRunning(first.processId), { timeout: 20_000 }).toBe(false);
      expect(await first.stop(), first.output()).toBe(0);
      const logs = join(first.dataDirectory, 'logs');
      const lines = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
      expect(lines.join('')).toContain('storage is ready');
      expect(lines.join('')).not.toContain('ended by itself');
      expect(processesOn(first.dataDirectory)).toEqual([]);
      const again = await first.restart();
      await again.kill();
      await expect.poll(() => processesOn(first.dataDirectory), { timeout: 20_000 }).toEqual([]);
    } finally {
      await first.remove();
    }
  });

  it('ends in order on a signal that comes while it still starts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloister-start-'));
    try {
      const server = spawn(process.execPath, [join(root, 'server/main.ts')], {
        env: { PATH: process.env.PATH ?? '', HOME: folder, ...startSettings(folder) },
      });
      const output = text(server.stdout);
      const errors = text(server.stderr);
      // The database's own processes, long before the server is ready.
      await expect.poll(() => processesOn(folder).length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(0);
      server.kill('SIGINT');
      const [code] = await once(server, 'exit');
      expect(await errors).toBe('');
      expect(await output).toContain('Stopping');
      expect(code).toBe(0);
      expect(processesOn(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  function isRunning(processId: number): boolean {
    try {
      return process.kill(processId, 0);
    } catch {
      return false;
    }
  }

  function processesOn(dataDirectory: string): readonly string[] {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(dataDirectory));
  }

  /** The third field after the name of the program, which may have blanks in it, see proc_pid_stat(5). */
  function groupOf(processId: string): number {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  }

  function commandOf(processId: string): string {
    try {
      return readFileSync(`/proc/${processId}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  }
});

describe('a server that cannot start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function settings(more: Record<string, string> = {}): Record<string, string> {
    return { ...startSettings(folder), ...more };
  }

  it('says in one sentence that its port is taken, and leaves nothing running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runServer(settings({ CLOISTER_PORT: String(port) }));
    other.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain('CLOISTER_PORT');
  });

  it('says in one sentence that its data directory cannot be used', async () => {
    const { code, stderr } = await runServer(settings({ CLOISTER_DATA: '/proc/cloister' }));
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('CLOISTER_DATA');
  });

  it('says in one sentence that it may not write into a folder that is there', async () => {
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o500 });
    // Root may write anywhere, so the server runs as `nobody` inside a user namespace.
    const { status, stderr } = spawnSync(
      'unshare',
      ['--user', '--map-user=65534', '--map-group=65534', process.execPath, join(root, 'server/main.ts')],
      { env: { PATH: process.env.PATH ?? '', HOME: folder, ...settings() }, encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toBe(
      `The data directory "${data}" cannot be used (EACCES). Give this user read and write access to it, or set CLOISTER_DATA to a folder of its own.\n`,
    );
  });

  it('tells all faulty settings together', async () => {
    const { code, stderr } = await runServer(settings({ CLOISTER_PORT: 'x', CLOISTER_LOG: 'y' }));
    expect(code).toBe(1);
    expect(stderr).toContain('CLOISTER_PORT');
    expect(stderr).toContain('CLOISTER_LOG');
  });

  it('refuses a second server on the same data, and the first goes on', async () => {
    const first: Deployment = await startDeployment();
    let again: Deployment | undefined;
    try {
      const key = await createApiKey(first);
      const project = await appClient(first.url, key).createProject('Contracts');
      const { id } = await appClient(first.url, key).saveTemplate(project.id, 'Saved before', TEXT);
      const open = ({ url }: Deployment) => textOf(appClient(url, key), project.id, id);
      const { code, stderr } = await runServer(settings({ CLOISTER_DATA: first.dataDirectory }));
      expect(code).toBe(1);
      expect(stderr).toBe(
        `Another server (process ${first.processId}) already uses the data directory "${first.dataDirectory}". Stop it first, or set CLOISTER_DATA to another folder.\n`,
      );
      expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
      expect(await open(first)).toBe(TEXT);
      // Also what is on the disk, not only what the first one remembers.
      await first.stop();
      again = await first.restart();
      expect(await open(again)).toBe(TEXT);
    } finally {
      await again?.stop();
      await first.remove();
    }
  });

  it('says that the root key is missing instead of making a new one over sealed data', async () => {
    const first = await startDeployment();
    await first.cloister('project', 'create', 'Contracts');
    await first.stop();
    rmSync(join(first.folder, 'configuration'), { recursive: true });
    mkdirSync(join(first.folder, 'configuration'));
    chmodSync(join(first.folder, 'configuration'), 0o700);
    const { code, stderr } = await runServer(
      settings({ CLOISTER_DATA: first.dataDirectory, XDG_CONFIG_HOME: join(first.folder, 'configuration') }),
    );
    rmSync(first.folder, { recursive: true, force: true });
    expect(code).toBe(1);
    expect(stderr).toContain('CLOISTER_KMS');
  });
});

async function textOf(client: AppClient, projectId: string, templateId: string): Promise<string> {
  const { content } = await client.openTemplate(projectId, templateId);
  return content.mode === 'freeform' ? content.text : '';
}
