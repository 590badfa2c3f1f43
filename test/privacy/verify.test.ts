import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testModelPath } from '../../server/inference/testing.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

const root = resolve(import.meta.dirname, '../..');

const verifyResult = z.looseObject({
  ok: z.boolean(),
  rows: z.array(z.object({ item: z.string(), verdict: z.string(), evidence: z.string() })),
  findings: z.array(z.object({ place: z.string(), file: z.string(), encoding: z.string(), action: z.string() })),
  incomplete: z.array(z.string()),
  canaries: z.int(),
  planted: z.object({ found: z.int(), of: z.int() }),
});

describe('cloister verify', { timeout: 900_000 }, () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ modelFile: await testModelPath() });
  });
  afterAll(() => deployment?.remove());

  async function verify() {
    const { code, stdout, stderr } = await deployment.cloister('verify', '--json');
    expect(stdout, stderr).not.toBe('');
    return { code, result: verifyResult.parse(JSON.parse(stdout)) };
  }

  it('finds nothing but what it planted itself, after answers, refusals, aborts and a killed engine on every surface', async () => {
    const { code, result } = await verify();
    expect(result.incomplete).toEqual([]);
    expect(result.findings).toEqual([]);
    expect(result.planted.found).toBe(result.planted.of);
    expect(result.rows.filter(({ verdict }) => verdict === 'BROKEN' || verdict === 'not proven')).toEqual([]);
    expect(result.canaries).toBeGreaterThanOrEqual(200);
    expect(code).toBe(0);
  });

  it('exits with 1 and names the file when the way to the server keeps what passes', async () => {
    // A reverse proxy that logs bodies into the data directory: the leak that operators make most easily.
    const log = join(deployment.dataDirectory, 'logs', 'proxy.log');
    mkdirSync(join(deployment.dataDirectory, 'logs'), { recursive: true });
    const proxy = await startProxy(deployment.url, { onBody: (part) => appendFileSync(log, part) });
    try {
      const { code, stdout } = await deployment.cloister('verify', '--json', '--through', proxy.url);
      const result = verifyResult.parse(JSON.parse(stdout));
      expect(code).toBe(1);
      expect(result.findings.map(({ file }) => file)).toContain(log);
      expect(result.rows.find(({ item }) => item === 'Logging')?.verdict).toBe('BROKEN');
    } finally {
      proxy.close();
    }
  });

  it.each([
    ['SIGINT', 130, 'Sending what is refused'],
    ['SIGTERM', 143, 'Sending what is answered'],
    ['SIGHUP', 129, 'Trying another account'],
  ] as const)('leaves no account, key, project or planted file behind after %s', async (signal, code, during) => {
    const command = spawn(join(root, 'cli/cloister'), ['verify', '--data', deployment.dataDirectory], {
      env: { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: join(deployment.folder, 'run') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(command, 'exit');
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(during)) command.kill(signal);
    });
    expect(await ended).toEqual([code, null]);
    for (const kind of ['account', 'service-id', 'api-key', 'project']) {
      const { code: listed, stdout } = await deployment.cloister(kind, 'list', '--json');
      expect([kind, listed]).toEqual([kind, 0]);
      expect(stdout).not.toContain('cloister verify');
    }
    expect(readdirSync(deployment.dataDirectory).filter((name) => name.startsWith('verify-'))).toEqual([]);
  });
});

it('cloister verify finds that another account sees what lies in a cache on the way to the server', async () => {
  const deployment = await startDeployment();
  // It gives whoever asks what the first one got, by the address alone, against what the server says about its answers.
  const proxy = await startProxy(deployment.url, { keepsAnswers: true });
  try {
    const { code, stdout, stderr } = await deployment.cloister('verify', '--json', '--through', proxy.url);
    expect(stdout, stderr).not.toBe('');
    const { rows } = verifyResult.parse(JSON.parse(stdout));
    const row = rows.find(({ item }) => item === 'Other accounts');
    expect([code, row?.verdict]).toEqual([1, 'BROKEN']);
    expect(row?.evidence).toContain("open a template, by another account's owner with a login session: 200");
    expect(row?.evidence).toContain('that never existed');
    const own = rows.find(({ item }) => item === 'Only you reach your work');
    expect(own?.verdict).toBe('BROKEN');
    expect(own?.evidence).toContain('without a credential refused (401): NO');
    expect(own?.evidence).toContain('a colleague outside the project finds nothing, before and after: NO');
    expect((await deployment.cloister('account', 'list', '--json')).stdout).not.toContain('cloister verify');
  } finally {
    proxy.close();
    await deployment.remove();
  }
}, 600_000);

it('cloister verify finds what a proxy spools of uploads, and what it logs of their names', async () => {
  const deployment = await startDeployment();
  const spool = join(deployment.folder, 'tmp', 'upload.spool');
  const log = join(deployment.dataDirectory, 'logs', 'proxy.log');
  mkdirSync(join(deployment.dataDirectory, 'logs'), { recursive: true });
  const proxy = await startProxy(deployment.url, {
    onHead: ({ headers }) => appendFileSync(log, `${headers['upload-metadata'] ?? '-'}\n`),
    onBody: (part, { method, url }) => {
      if (method === 'PATCH' && url?.includes('/uploads/')) appendFileSync(spool, part);
    },
  });
  try {
    const { code, stdout, stderr } = await deployment.cloister('verify', '--json', '--through', proxy.url);
    expect(stdout, stderr).not.toBe('');
    const { findings, rows } = verifyResult.parse(JSON.parse(stdout));
    const foundIn = (path: string) => findings.filter(({ file }) => file === path);
    expect(foundIn(spool).map(({ place, encoding, action }) => `${place}, ${encoding}: ${action}`)).toEqual(
      expect.arrayContaining([
        'temporary, UTF-8: saved file, uploaded',
        'temporary, UTF-8: saved file, its upload unfinished',
        'temporary, UTF-8: saved file, its upload broken off',
        'temporary, UTF-8: saved file, its upload cancelled',
        // An archive that is imported has names in clear.
        'temporary, UTF-8: name of a saved file, uploaded',
      ]),
    );
    for (const what of ['name', 'description', 'tags']) {
      expect(foundIn(log)).toContainEqual(
        expect.objectContaining({
          place: 'logs',
          encoding: expect.stringMatching(/^base64, /),
          action: `${what} of a saved file, uploaded`,
        }),
      );
    }
    expect(findings.filter(({ file }) => file !== spool && file !== log)).toEqual([]);
    const broken = rows.filter(({ verdict }) => verdict === 'BROKEN').map(({ item }) => item);
    expect(code).toBe(1);
    expect(broken).toEqual(expect.arrayContaining(['Data asset', 'Logging']));
  } finally {
    proxy.close();
    await deployment.remove();
  }
});

it('cloister verify proves nothing about a log that goes to a pipe, and says so', async () => {
  const deployment = await startDeployment({ settings: { CLOISTER_LOG: 'stdout' } });
  try {
    const { code, stdout } = await deployment.cloister('verify', '--json');
    const result = verifyResult.parse(JSON.parse(stdout));
    expect(code).toBe(1);
    expect(result.incomplete).toContainEqual(expect.stringContaining('CLOISTER_LOG=file'));
    expect(result.rows.find(({ item }) => item === 'Logging')).toMatchObject({
      verdict: 'not proven',
      evidence: expect.stringContaining("the server's log NOT among them"),
    });
  } finally {
    await deployment.remove();
  }
});

type ProxyOptions = {
  readonly onHead?: (request: IncomingMessage) => void;
  readonly onBody?: (part: Buffer, request: IncomingMessage) => void;
  /** Answers to GET that were a success are given to everybody who asks for the same address. */
  readonly keepsAnswers?: boolean;
};

/** A reverse proxy before the server. */
async function startProxy(url: string, { onHead, onBody, keepsAnswers = false }: ProxyOptions) {
  const { hostname: host, port } = new URL(url);
  const kept = new Map<string, { readonly headers: IncomingHttpHeaders; readonly body: Buffer }>();
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming;
    onHead?.(incoming);
    const found = method === 'GET' ? kept.get(path) : undefined;
    if (found !== undefined) {
      outgoing.writeHead(200, found.headers);
      outgoing.end(found.body);
      return;
    }
    const onward = request({ host, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      if (!keepsAnswers || method !== 'GET' || answer.statusCode !== 200) return;
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('end', () => kept.set(path, { headers: answer.headers, body: Buffer.concat(parts) }));
    });
    onward.on('error', () => outgoing.destroy());
    // A client that goes away stops the answer behind the proxy too, as proxies do; otherwise the model writes on for minutes.
    outgoing.on('close', () => onward.destroy());
    if (onBody !== undefined) incoming.on('data', (part: Buffer) => onBody(part, incoming));
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(proxy.address() as { port: number }).port}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
