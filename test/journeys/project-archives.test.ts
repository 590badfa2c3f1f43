/** What somebody put into a project is theirs: out of one deployment as a file, checked by other programs, and into another one. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportEvent, importEvent } from '../../contract/app/index.ts';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { ADMINISTRATOR, type Deployment, startDeployment } from '../support/deployment.ts';

const CANARY = 'the northern mill pays in silver';
const SIZES = [0, 1, 1000, 70_000, 1_000_000, 16 * 1024 * 1024 + 1];

let from: Deployment;
let to: Deployment;
let ada: Caller;
let other: Caller;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-archives-'));
  [from, to] = await Promise.all([startDeployment(), startDeployment()]);
  ada = await signInAs(from.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  other = await signInAs(to.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
}, 120_000);
afterAll(async () => {
  await Promise.all([from?.remove(), to?.remove()]);
  rmSync(folder, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function newProject(url: string, caller: Caller, name: string): Promise<string> {
  const body = { name, description: `about ${name}` };
  return (await must<{ id: string }>(url, caller, 'POST', '/api/v1/projects', body)).id;
}

async function upload(url: string, caller: Caller, projectId: string, name: string, bytes: Uint8Array) {
  const metadata = { name, description: `of ${name}`, filetype: 'text/csv', tags: JSON.stringify(['North', 'mill']) };
  const begun = await send(url, caller, 'POST', `/api/v1/projects/${projectId}/uploads`, undefined, {
    'tus-resumable': '1.0.0',
    'upload-length': String(bytes.length),
    'upload-metadata': Object.entries(metadata)
      .map(([key, value]) => `${key} ${base64(value)}`)
      .join(','),
  });
  expect(begun.status, begun.text).toBe(201);
  const path = begun.headers.get('location') ?? '';
  if (bytes.length > 0) {
    const part = { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const sent = await send(url, caller, 'PATCH', path, bytes, part);
    expect(sent.status, sent.text).toBe(204);
  }
  return path.split('/').at(-1) ?? '';
}

/** A project with 30 things of every kind. */
async function fillProject(): Promise<string> {
  const { url } = from;
  const projectId = await newProject(url, ada, 'Northern mill');
  const path = `/api/v1/projects/${projectId}`;
  for (const [index, size] of SIZES.entries())
    await upload(url, ada, projectId, `Data ${index} (north).csv`, randomBytes(size));
  await upload(url, ada, projectId, '../../etc/passwd', Buffer.from(CANARY));
  for (let index = 0; index < 17; index += 1) {
    const content = { mode: 'freeform', modelId: 'some/model', parameters: {}, text: `${CANARY}, said ${index}` };
    await must(url, ada, 'POST', `${path}/prompt-templates`, { name: `Prompt ${index}`, content });
  }
  for (let index = 0; index < 6; index += 1) {
    const bytes = randomBytes(index * 30_000);
    const octets = { 'content-type': 'application/octet-stream' };
    await must(url, ada, 'PUT', `${path}/bucket/objects/${randomUUID()}`, bytes, octets);
  }
  return projectId;
}

async function download(url: string, caller: Caller, path: string): Promise<Buffer> {
  const response = await fetch(`${url}/api/v1${path}`, { headers: caller.headers });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** Everything in a project, without what is another's in every project: ids, times, people. */
async function inventory(url: string, caller: Caller, projectId: string): Promise<string[]> {
  type Listed = { id: string; type: string; name: string; description: string; tags: string[]; mediaType: string };
  const project = `/projects/${projectId}`;
  const { items: assets } = await must<{ items: Listed[] }>(url, caller, 'GET', `/api/v1${project}/assets?limit=200`);
  const { items: objects } = await must<{ items: { objectId: string; belongsToAsset: boolean }[] }>(
    url,
    caller,
    'GET',
    `/api/v1${project}/bucket/objects?limit=200`,
  );
  const found: string[] = [];
  for (const { id, type, name, description, tags, mediaType } of assets) {
    const isPrompt = type === 'prompt-template';
    const content = isPrompt
      ? JSON.stringify(
          (await must<{ content: object }>(url, caller, 'GET', `/api/v1${project}/prompt-templates/${id}`)).content,
        )
      : sha256(await download(url, caller, `${project}/assets/${id}/content`));
    found.push(JSON.stringify({ type, name, description, tags, mediaType, content }));
  }
  for (const { objectId, belongsToAsset } of objects)
    if (!belongsToAsset) found.push(sha256(await download(url, caller, `${project}/bucket/objects/${objectId}`)));
  return found.sort();
}

/** Takes an archive in that lies in the project. @returns the events of the answer */
async function takeIn(projectId: string, body: object): Promise<ImportEvent[]> {
  const reply = await send(to.url, other, 'POST', `/api/v1/projects/${projectId}/import`, body);
  expect(reply.status, reply.text).toBe(200);
  return reply.text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => importEvent.parse(JSON.parse(line.slice(6))));
}

/** Files below a folder that hold the text. */
function filesWith(path: string, text: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() && readFileSync(file).includes(text));
}

const READ_WITH_PYTHON = `
import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
manifest = json.loads(archive.read('manifest.json'))
named = [thing['content'] for thing in manifest['assets'] + manifest['objects']]
for content in named:
    data = archive.read(content['path'])
    assert len(data) == content['sizeBytes']
    assert hashlib.sha256(data).hexdigest() == content['sha256']
assert sorted(archive.namelist()) == sorted([content['path'] for content in named] + ['manifest.json'])
print(len(named))
`;

describe('a project', () => {
  let projectId: string;
  let zip: Buffer;

  beforeAll(async () => {
    projectId = await fillProject();
    zip = await download(from.url, ada, `/projects/${projectId}/export`);
  }, 120_000);

  it('is exported as a zip that other programs read, and whose manifest is true', () => {
    const file = join(folder, 'project.zip');
    writeFileSync(file, zip);
    expect(execFileSync('unzip', ['-t', file], { encoding: 'utf8' })).toContain('No errors detected');
    expect(execFileSync('python3', ['-c', READ_WITH_PYTHON, file], { encoding: 'utf8' }).trim()).toBe('30');
    // Unpacked, nothing lands outside the folder, whatever the assets are named.
    const target = join(folder, 'unpacked');
    execFileSync('unzip', ['-q', file, '-d', target]);
    expect(readdirSync(target).sort()).toEqual(['assets', 'manifest.json', 'objects']);
  });

  it('is exported encrypted to an age recipient, and opens with age', async () => {
    const key = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const recipient = /public key: (age1\S+)/.exec(key)?.[1] ?? '';
    const identity = join(folder, 'identity.txt');
    writeFileSync(identity, key, { mode: 0o600 });
    const encrypted = await download(from.url, ada, `/projects/${projectId}/export?recipient=${recipient}`);
    expect(encrypted.includes(CANARY)).toBe(false);
    const opened = execFileSync('age', ['-d', '-i', identity], { input: encrypted, maxBuffer: 1e9 });
    writeFileSync(join(folder, 'opened.zip'), opened);
    expect(execFileSync('unzip', ['-t', join(folder, 'opened.zip')], { encoding: 'utf8' })).toContain('No errors');
    const hybrid = `/api/v1/projects/${projectId}/export?recipient=age1pq1${'q'.repeat(100)}`;
    expect((await send(from.url, ada, 'GET', hybrid)).status).toBe(400);
  });

  it('is the same in another account of another deployment after it was taken in there', async () => {
    const target = await newProject(to.url, other, 'Taken in');
    const assetId = await upload(to.url, other, target, 'archive.zip', zip);
    const events = await takeIn(target, { assetId, deleteArchive: true });
    expect(events[0]).toMatchObject({ type: 'started', total: { assets: 30 } });
    expect(events.at(-1)).toMatchObject({ type: 'done', imported: { assets: 30 }, withoutContent: 0 });
    expect(await inventory(to.url, other, target)).toEqual(await inventory(from.url, ada, projectId));
    // Nothing of it touched this disk but sealed.
    expect(filesWith(to.folder, CANARY)).toEqual([]);
    const actionsOf = async (url: string, caller: Caller, action: string) =>
      (await must<{ items: object[] }>(url, caller, 'GET', `/api/v1/audit-events?action=${action}`)).items;
    expect(await actionsOf(from.url, ada, 'project.export')).toHaveLength(2);
    expect(await actionsOf(to.url, other, 'project.import')).toMatchObject([{ projectId: target }]);
  });

  it('leaves, when it is deleted, a receipt that is checked with the deployment and without it', async () => {
    const target = await newProject(to.url, other, 'Short-lived');
    await upload(to.url, other, target, 'data', Buffer.from(CANARY));
    const { receipt } = await must<{ receipt: string }>(to.url, other, 'DELETE', `/api/v1/projects/${target}`);
    const [file, keys] = [join(folder, 'receipt.jws'), join(folder, 'keys.json')];
    writeFileSync(file, receipt);
    writeFileSync(keys, (await send(to.url, { headers: {} }, 'GET', '/api/v1/receipts/keys')).text);
    for (const args of [[file], [file, '--keys', keys]]) {
      const { code, stdout } = await to.cloister('receipt', 'verify', ...args, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ what: { type: 'project', id: target }, sealedObjects: 1 });
    }
    // Another deployment signed it with none of its keys.
    expect((await from.cloister('receipt', 'verify', file)).code).toBe(1);
    const { items } = await must<{ items: { details: object }[] }>(
      to.url,
      other,
      'GET',
      '/api/v1/audit-events?action=project.delete',
    );
    const payload = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as {
      sealedSha256: string;
    };
    expect(items[0]?.details).toEqual({ sealedSha256: payload.sealedSha256 });
  });

  it('goes the same way by the command line, encrypted in between', async () => {
    const [identity, file, plain] = ['cli-identity.txt', 'cli.zip.age', 'cli.zip'].map((name) => join(folder, name));
    if (identity === undefined || file === undefined || plain === undefined) throw new Error('no names');
    const key = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    writeFileSync(identity, key, { mode: 0o600 });
    const small = await newProject(from.url, ada, 'Small');
    await upload(from.url, ada, small, 'data', Buffer.from(CANARY));
    const recipient = /public key: (age1\S+)/.exec(key)?.[1] ?? '';
    const exported = await from.cloister('project', 'export', small, '--output', file, '--recipient', recipient);
    expect(exported.stderr).toBe('');
    expect((await from.cloister('project', 'export', small, '--output', plain)).code).toBe(0);
    const target = await newProject(to.url, other, 'By command');
    expect(await to.cloister('project', 'import', target, file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The archive stays in the project'),
    });
    const { items } = await must<{ items: { id: string }[] }>(
      to.url,
      other,
      'GET',
      `/api/v1/projects/${target}/assets`,
    );
    for (const { id } of items) expect((await to.cloister('asset', 'delete', target, id)).code).toBe(0);
    for (const args of [[file, '--identity', identity], [plain]]) {
      const { code, stdout, stderr } = await to.cloister('project', 'import', target, ...args);
      expect({ code, stdout }, stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported 1 item ') });
    }
    const [one] = await inventory(from.url, ada, small);
    expect(await inventory(to.url, other, target)).toEqual([one, one]);
    expect(filesWith(to.folder, CANARY)).toEqual([]);
  });

  it('takes in nothing of what is no archive, and says so', async () => {
    const target = await newProject(to.url, other, 'Untouched');
    const assetId = await upload(to.url, other, target, 'archive.zip', Buffer.concat([zip.subarray(0, 2_000_000)]));
    const reply = await send(to.url, other, 'POST', `/api/v1/projects/${target}/import`, { assetId });
    expect(reply.status).toBe(409);
    expect(JSON.parse(reply.text)).toMatchObject({ reason: 'archive-not-readable' });
    expect(await inventory(to.url, other, target)).toHaveLength(1);
  });
});
