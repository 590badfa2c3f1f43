import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Deployment, runServer, startDeployment } from '../support/deployment.ts';

describe('a server that cannot start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function settings(more: Record<string, string> = {}): Record<string, string> {
    return {
      CLOISTER_DATA: join(folder, 'data'),
      XDG_CONFIG_HOME: join(folder, 'configuration'),
      XDG_RUNTIME_DIR: folder,
      CLOISTER_PORT: '0',
      CLOISTER_DEFAULT_MODEL: 'off',
      ...more,
    };
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

  it('tells all faulty settings together', async () => {
    const { code, stderr } = await runServer(settings({ CLOISTER_PORT: 'x', CLOISTER_LOG: 'y' }));
    expect(code).toBe(1);
    expect(stderr).toContain('CLOISTER_PORT');
    expect(stderr).toContain('CLOISTER_LOG');
  });

  it('refuses a second server on the same data, and the first goes on', async () => {
    const first: Deployment = await startDeployment();
    try {
      const { code, stderr } = await runServer(settings({ CLOISTER_DATA: first.dataDirectory }));
      expect(code).toBe(1);
      expect(stderr).toContain('Another server');
      expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    } finally {
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
