import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ImportEvent, importEvent, problem, TUS_VERSION, UPLOAD_PART } from '../../contract/app/index.ts';
import { type Caller, must, send, withApiKey } from '../support/callers.ts';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, runServer, startDeployment } from '../support/deployment.ts';

/** Enough for PostgreSQL's files, its log of changes and what must be free at a start. */
const DISK = '800m';
const MEBIBYTE = 1024 * 1024;
const SEGMENT_BYTES = 16 * MEBIBYTE;

/** A disk of its own for the deployment's folder: a tmpfs, so that it can be filled. Needs root, as CI is. */
describe('a full disk', () => {
  let folder: string;
  let deployment: Deployment;
  let ballast: string;
  let administrator: Caller;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'cloister-test', folder], {
      encoding: 'utf8',
    });
    expect(mounted.status, mounted.stderr).toBe(0);
    ballast = join(folder, 'ballast');
    deployment = await startDeployment({ folder });
    administrator = withApiKey(await createApiKey(deployment));
  });
  afterEach(() => rmSync(ballast, { force: true }));
  afterAll(async () => {
    await deployment?.stop();
    spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  function fill(keptFreeBytes = MEBIBYTE): void {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - keptFreeBytes)));
  }

  const projectPath = (projectId: string) => `/api/v1/projects/${projectId}`;

  async function newProject(name: string): Promise<string> {
    const { id } = await must<{ id: string }>(deployment.url, administrator, 'POST', '/api/v1/projects', { name });
    return id;
  }

  /** Begins an upload of as many bytes. @returns where it is */
  async function beginUpload(projectId: string, name: string, sizeBytes: number): Promise<string> {
    const { headers } = await send(
      deployment.url,
      administrator,
      'POST',
      `${projectPath(projectId)}/uploads`,
      undefined,
      {
        'tus-resumable': TUS_VERSION,
        'upload-length': String(sizeBytes),
        'upload-metadata': `name ${Buffer.from(name).toString('base64')}`,
      },
    );
    return headers.get('location') ?? '';
  }

  const sendPart = (path: string, offsetBytes: number, bytes: Uint8Array) =>
    send(deployment.url, administrator, 'PATCH', path, bytes, {
      'tus-resumable': TUS_VERSION,
      'upload-offset': String(offsetBytes),
      'content-type': UPLOAD_PART,
    });

  async function offsetOf(path: string): Promise<number> {
    const { headers } = await send(deployment.url, administrator, 'HEAD', path, undefined, {
      'tus-resumable': TUS_VERSION,
    });
    return Number(headers.get('upload-offset'));
  }

  /** @returns the asset's id */
  async function upload(projectId: string, name: string, bytes: Uint8Array): Promise<string> {
    const path = await beginUpload(projectId, name, bytes.length);
    expect((await sendPart(path, 0, bytes)).status).toBe(204);
    return path.split('/').at(-1) ?? '';
  }

  async function download(path: string): Promise<Buffer> {
    const response = await fetch(`${deployment.url}${path}`, { headers: administrator.headers });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  const contentOf = (projectId: string, assetId: string) =>
    download(`${projectPath(projectId)}/assets/${assetId}/content`);

  async function importArchive(projectId: string, assetId: string): Promise<ImportEvent[]> {
    const path = `${projectPath(projectId)}/import`;
    const { text } = await send(deployment.url, administrator, 'POST', path, { assetId });
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => importEvent.parse(JSON.parse(data)));
  }

  async function assetsOf(projectId: string): Promise<{ id: string; name: string }[]> {
    const { items } = await must<{ items: { id: string; name: string }[] }>(
      deployment.url,
      administrator,
      'GET',
      `${projectPath(projectId)}/assets`,
    );
    return items;
  }

  /** Files of the project's bucket, those too that are no object. */
  function filesOf(projectId: string): string[] {
    const buckets = join(deployment.dataDirectory, 'buckets');
    return readdirSync(buckets, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.includes(`${projectId}/`))
      .map((path) => join(buckets, path));
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

  it('stops an upload where it was durable, and lets it go on there when there is space again', async () => {
    const projectId = await newProject('Uploads');
    const bytes = randomBytes(3 * SEGMENT_BYTES);
    const path = await beginUpload(projectId, 'records.bin', bytes.length);

    fill(SEGMENT_BYTES + 8 * MEBIBYTE);
    const refused = await sendPart(path, 0, bytes);
    expect(refused.status).toBe(507);
    expect(problem.parse(JSON.parse(refused.text))).toMatchObject({ reason: 'storage-full' });
    expect(await offsetOf(path)).toBe(SEGMENT_BYTES);
    expect(filesOf(projectId)).toHaveLength(1);
    const again = await sendPart(path, SEGMENT_BYTES, bytes.subarray(SEGMENT_BYTES));
    expect(again.status).toBe(507);
    expect(await offsetOf(path)).toBe(SEGMENT_BYTES);
    expect(await assetsOf(projectId)).toEqual([]);

    rmSync(ballast);
    expect((await sendPart(path, SEGMENT_BYTES, bytes.subarray(SEGMENT_BYTES))).status).toBe(204);
    const assetId = path.split('/').at(-1) ?? '';
    expect(digestOf(await contentOf(projectId, assetId))).toBe(digestOf(bytes));
    expect(filesOf(projectId)).toHaveLength(3);
  });

  it('keeps nothing of a file of an archive that it has no room for', async () => {
    const from = await newProject('Exported');
    const bytes = randomBytes(2 * SEGMENT_BYTES);
    await upload(from, 'records.bin', bytes);
    const archive = await download(`${projectPath(from)}/export`);
    const to = await newProject('Imported');
    const assetId = await upload(to, 'archive.zip', archive);
    const filesBefore = filesOf(to);

    // Room for the first segment of two.
    fill(SEGMENT_BYTES + 8 * MEBIBYTE);
    const refused = await importArchive(to, assetId);
    expect(refused.map(({ type }) => type)).toContain('progress');
    expect(refused.at(-1)).toMatchObject({
      type: 'error',
      imported: { assets: 0 },
      problem: { status: 507, reason: 'storage-full' },
    });
    expect((await assetsOf(to)).map(({ name }) => name)).toEqual(['archive.zip']);
    expect(filesOf(to)).toEqual(filesBefore);

    rmSync(ballast);
    expect((await importArchive(to, assetId)).at(-1)).toMatchObject({ type: 'done', imported: { assets: 1 } });
    const imported = (await assetsOf(to)).find(({ name }) => name === 'records.bin');
    expect(digestOf(await contentOf(to, imported?.id ?? ''))).toBe(digestOf(bytes));
  });

  it('without a byte left, refuses to rotate a key, stays, and ends in order when it is told to', async () => {
    const client = appClient(deployment.url, await createApiKey(deployment));
    const project = await client.createProject('Rotated');
    const kept = await client.saveTemplate(project.id, 'before', 'kept words');
    const rotate = () => send(deployment.url, administrator, 'POST', `${projectPath(project.id)}/key/rotate`);

    fill(0);
    // The pages that are there have room for some rotations, and that of the log for some lines.
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 1000 && statuses.at(-50) !== 507; attempt += 1)
      statuses.push((await rotate()).status);
    expect(new Set(statuses.slice(-50))).toEqual(new Set([507]));
    expect((await rotate()).text).toContain('The disk of the database is full. Nothing was changed');
    expect((await client.listTemplates(project.id)).map(({ name }) => name)).toEqual(['before']);

    expect(await deployment.stop()).toBe(0);
    rmSync(ballast);
    deployment = await deployment.restart();
    expect((await rotate()).status).toBe(200);
    const again = appClient(deployment.url, await createApiKey(deployment));
    expect((await again.openTemplate(project.id, kept.id)).content).toMatchObject({ text: 'kept words' });
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

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
