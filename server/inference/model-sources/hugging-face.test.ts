import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastCheck from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../core/index.ts';
import { createEgress } from '../../egress/index.ts';
import type { HuggingFaceFile } from '../model-catalogue.ts';
import { type InstalledModel, type ModelFileStore, openModelFileStore } from '../model-file-store.ts';
import { sha256Of, tinyGgufFile } from '../testing.ts';
import { createHuggingFaceSource, huggingFaceHosts } from './hugging-face.ts';

const file = tinyGgufFile({ name: 'Tiny', weights: 50_000 });
const source: HuggingFaceFile = {
  kind: 'hugging-face',
  repository: 'Test/Tiny-GGUF',
  file: 'tiny.gguf',
  revision: 'main',
  sha256: sha256Of(file),
  sha256From: 'computed',
  sizeBytes: file.length,
};

type Behaviour = {
  /** How many bytes of the body the nth download gets before the connection is cut; past the end: all of them. */
  readonly cuts?: readonly number[];
  /** What the client tells of its progress: a cut then waits until the bytes before it were received. */
  readonly progress?: readonly number[];
  readonly ignoresRange?: boolean;
  readonly content?: Buffer;
  /** What the nth download finds, where that changes. */
  readonly contents?: readonly Buffer[];
  readonly sha256?: string;
  readonly status?: number;
  readonly withoutDigest?: boolean;
  readonly etags?: readonly string[];
  /** Redirects the description to another path first, as for a renamed repository. */
  readonly renamed?: boolean;
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A hub that describes the file and redirects to a store, and the store, as at Hugging Face. */
async function startHub(behaviour: Behaviour = {}) {
  const ranges: (string | undefined)[] = [];
  const storePort = await listen((request, response) => {
    const nth = ranges.length;
    const content = behaviour.contents?.[nth] ?? behaviour.content ?? file;
    ranges.push(request.headers.range);
    const etag = behaviour.etags?.[nth] ?? '"one"';
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const ifRange = request.headers['if-range'];
    const isPartial = !behaviour.ignoresRange && asked > 0 && (ifRange === undefined || ifRange === etag);
    const start = isPartial ? asked : 0;
    const body = content.subarray(start);
    response.writeHead(isPartial ? 206 : 200, {
      'content-length': body.length,
      etag,
      ...(isPartial ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    const cut = behaviour.cuts?.[nth];
    if (cut === undefined || cut >= body.length) response.end(body);
    else if (cut === 0) {
      response.flushHeaders();
      response.destroy();
    } else response.write(body.subarray(0, cut), () => cutWhenReceived(response, start + cut));
  });
  /** A client throws away what it has not read yet when its connection breaks, so a cut is at its place only once the client tells of it. */
  function cutWhenReceived(response: ServerResponse, bytes: number, tries = 500): void {
    const received = behaviour.progress === undefined ? bytes : (behaviour.progress.at(-1) ?? 0);
    if (tries === 0 || received >= bytes) response.destroy();
    else setTimeout(() => cutWhenReceived(response, bytes, tries - 1), 2);
  }
  const hubPort = await listen((request, response) => {
    if (behaviour.status !== undefined) return void response.writeHead(behaviour.status).end();
    if (behaviour.renamed === true && request.url?.startsWith('/Test/') === true) {
      return void response.writeHead(307, { location: request.url.replace('/Test/', '/Renamed/') }).end();
    }
    response.writeHead(302, {
      location: `http://127.0.0.1:${storePort}/object?signature=abc`,
      ...(behaviour.withoutDigest === true
        ? {}
        : { 'x-linked-etag': `"${behaviour.sha256 ?? sha256Of(file)}"`, 'x-linked-size': String(file.length) }),
    });
    response.end();
  });
  return { hubPort, storePort, ranges };
}

type Hub = Awaited<ReturnType<typeof startHub>>;

async function openFolder(): Promise<{ folder: string; files: ModelFileStore }> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-hf-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, files: await openModelFileStore({ directory: folder, clock: systemClock, logger: silentLogger }) };
}

async function pull(
  hub: Hub,
  files: ModelFileStore,
  options: { source?: HuggingFaceFile; retryDelaysMs?: number[]; allowStore?: boolean; progress?: number[] } = {},
): Promise<InstalledModel> {
  const allow = [hub.hubPort, ...(options.allowStore === false ? [] : [hub.storePort])];
  const egress = createEgress({
    allow: allow.map((port) => ({ host: `127.0.0.1:${port}`, why: 'test' })),
    logger: silentLogger,
  });
  closers.push(() => egress.close());
  const adapter = createHuggingFaceSource({
    egress,
    baseUrl: `http://127.0.0.1:${hub.hubPort}`,
    retryDelaysMs: options.retryDelaysMs ?? [1, 1, 1],
  });
  const { part, expected } = await adapter.receive(options.source ?? source, {
    modelId: 'test/tiny',
    files,
    onProgress: ({ receivedBytes }) => options.progress?.push(receivedBytes),
    signal: new AbortController().signal,
  });
  return files.install('test/tiny', part, { source: adapter.name, expected });
}

describe('Hugging Face as a source', () => {
  it('brings a file whole, through the redirect to its store, and tells how far it is', async () => {
    const { files } = await openFolder();
    const progress: number[] = [];
    const installed = await pull(await startHub(), files, { progress });
    expect(installed.sha256).toBe(sha256Of(file));
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(file.length);
  });

  it('goes on where a connection was cut, wherever that is', async () => {
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(fastCheck.nat(90_000), { maxLength: 3 }), async (cuts) => {
        const { files } = await openFolder();
        const progress: number[] = [];
        const hub = await startHub({ cuts, progress });
        expect((await pull(hub, files, { progress })).sha256).toBe(sha256Of(file));
        const expected: (string | undefined)[] = [undefined];
        let received = 0;
        for (const cut of cuts) {
          if (received + cut >= file.length) break;
          received += cut;
          expected.push(received === 0 ? undefined : `bytes=${received}-`);
        }
        expect(hub.ranges).toEqual(expected);
      }),
      { numRuns: 12, examples: [[[0]], [[1]], [[file.length - 1]], [[70_000, 70_000]]] },
    );
  });

  it('starts again from 0 at a server that ignores ranges', async () => {
    const { files } = await openFolder();
    const hub = await startHub({ cuts: [30_000, 60_000], ignoresRange: true });
    expect((await pull(hub, files)).sha256).toBe(sha256Of(file));
  });

  it('starts again from 0 when the file behind the address has changed', async () => {
    const { files } = await openFolder();
    const older = Buffer.from(file).fill(9, 20_000);
    const hub = await startHub({ cuts: [30_000], contents: [older], etags: ['"one"', '"two"', '"two"'] });
    expect((await pull(hub, files)).sha256).toBe(sha256Of(file));
  });

  it('gives up after tries that bring nothing, keeps what came, and a later pull goes on from there', async () => {
    const { folder, files } = await openFolder();
    const progress: number[] = [];
    const broken = await startHub({ cuts: [40_000, 0, 0, 0, 0, 0], progress });
    await expect(pull(broken, files, { progress, retryDelaysMs: [1, 1] })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('cut'),
    });
    expect(await files.list()).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['test--tiny.gguf.part', 'test--tiny.gguf.part.json']);
    const whole = await startHub();
    await pull(whole, files);
    expect(whole.ranges[0]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readdirSync(folder).sort()).toEqual(['test--tiny.gguf', 'test--tiny.json']);
  });

  it('keeps nothing when the bytes are not the ones that were promised', async () => {
    const { folder, files } = await openFolder();
    const content = Buffer.from(file);
    content[content.length - 10] = 7;
    await expect(pull(await startHub({ content }), files)).rejects.toThrow(/SHA-256/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps nothing of a file that is longer than promised', async () => {
    const { files } = await openFolder();
    const content = Buffer.concat([file, Buffer.alloc(10_000)]);
    await expect(pull(await startHub({ content }), files)).rejects.toMatchObject({ code: 'failed-precondition' });
    expect(await files.list()).toEqual([]);
  });

  it('refuses before the first byte when the publisher has another file than the catalogue', async () => {
    const { files } = await openFolder();
    const hub = await startHub({ sha256: 'a'.repeat(64) });
    await expect(pull(hub, files)).rejects.toThrow(/not the one/);
    expect(hub.ranges).toEqual([]);
  });

  it('takes the digest from the publisher where the catalogue has none, and checks against it', async () => {
    const { files } = await openFolder();
    const unknown: HuggingFaceFile = {
      ...source,
      sha256: null,
      sizeBytes: null,
      sha256From: 'publisher at download',
    };
    expect((await pull(await startHub(), files, { source: unknown })).sha256).toBe(sha256Of(file));
    const content = Buffer.from(file);
    content[content.length - 10] = 7;
    await expect(pull(await startHub({ content }), files, { source: unknown })).rejects.toThrow(/SHA-256/);
  });

  it('refuses a file of which nobody says the digest', async () => {
    const { files } = await openFolder();
    await expect(pull(await startHub({ withoutDigest: true }), files)).rejects.toThrow(/SHA-256/);
  });

  it('follows a renamed repository', async () => {
    const { files } = await openFolder();
    expect((await pull(await startHub({ renamed: true }), files)).sha256).toBe(sha256Of(file));
  });

  it('goes to no store that is not an allowed destination', async () => {
    const { files } = await openFolder();
    const hub = await startHub();
    await expect(pull(hub, files, { allowStore: false })).rejects.toMatchObject({ code: 'permission-denied' });
    expect(hub.ranges).toEqual([]);
  });

  it.each([
    [401, /accepted its licence/],
    [404, /does not have/],
    [429, /fewer requests/],
    [503, /status 503/],
  ])('says in words what status %i means', async (status, words) => {
    const { files } = await openFolder();
    await expect(pull(await startHub({ status }), files)).rejects.toThrow(words);
  });

  it('names each of its hosts with a reason', () => {
    expect(huggingFaceHosts.map((destination) => destination.host)).toContain('huggingface.co');
    for (const destination of huggingFaceHosts) expect(destination.why).not.toBe('');
    expect(() => createEgress({ allow: huggingFaceHosts, logger: silentLogger })).not.toThrow();
  });
});
