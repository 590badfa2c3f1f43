import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, runServer, startDeployment } from '../support/deployment.ts';

/** Enough for PostgreSQL's files, its log of changes and what must be free at a start. */
const DISK = '800m';
const KEPT_FREE_BYTES = 1024 * 1024;

/** A disk of its own for the deployment's folder: a tmpfs, so that it can be filled. Needs root, as CI is. */
describe('a full disk', () => {
  let folder: string;
  let deployment: Deployment;
  let ballast: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'cloister-test', folder], {
      encoding: 'utf8',
    });
    expect(mounted.status, mounted.stderr).toBe(0);
    ballast = join(folder, 'ballast');
    deployment = await startDeployment({ folder });
  });
  afterAll(async () => {
    await deployment?.stop();
    spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  function fill(): void {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - KEPT_FREE_BYTES)));
  }

  it('refuses what it cannot keep, still opens what it has, and goes on when there is space again', async () => {
    const client = appClient(deployment.url, await createApiKey(deployment));
    const project = await client.createProject('Small disk');
    const kept = await client.saveTemplate(project.id, 'before', 'kept words');

    fill();
    const large = 'x'.repeat(3_000_000);
    await expect(client.saveTemplate(project.id, 'too much', large)).rejects.toThrow(/507 .*no space left/s);
    await expect(client.replaceTemplate(project.id, kept.id, large)).rejects.toThrow(/507 .*Nothing was changed/s);
    const opened = await client.openTemplate(project.id, kept.id);
    expect(opened.content).toMatchObject({ text: 'kept words' });
    expect((await client.listTemplates(project.id)).map(({ name }) => name)).toEqual(['before']);

    rmSync(ballast);
    const after = await client.saveTemplate(project.id, 'after', large);
    expect((await client.openTemplate(project.id, after.id)).content).toMatchObject({ text: large });
  });

  it('is told of in one sentence by a server that does not start on it', async () => {
    await deployment.stop();
    fill();
    const { code, stderr } = await runServer({
      CLOISTER_DATA: deployment.dataDirectory,
      XDG_CONFIG_HOME: join(folder, 'configuration'),
      XDG_RUNTIME_DIR: makeFolder(join(folder, 'run')),
      CLOISTER_PORT: '0',
    });
    rmSync(ballast);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/less than 256 MiB free/);
    deployment = await deployment.restart();
    expect((await fetch(`${deployment.url}/readyz`)).status).toBe(200);
  });
});

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
