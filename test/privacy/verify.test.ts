import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testModelPath } from '../../server/inference/testing.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

const root = resolve(import.meta.dirname, '../..');

const verifyResult = z.looseObject({
  ok: z.boolean(),
  rows: z.array(z.object({ item: z.string(), verdict: z.string(), evidence: z.string() })),
  findings: z.array(z.object({ file: z.string(), encoding: z.string(), action: z.string() })),
  incomplete: z.array(z.string()),
  canaries: z.int(),
  planted: z.object({ found: z.int(), of: z.int() }),
});

describe('cloister verify', { timeout: 600_000 }, () => {
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
    const target = new URL(deployment.url);
    const proxy = createServer((incoming, outgoing) => {
      const onward = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on('error', () => outgoing.destroy());
      // A client that goes away stops the answer behind the proxy too, as proxies do; otherwise the model writes on for minutes.
      outgoing.on('close', () => onward.destroy());
      incoming.on('data', (part: Buffer) => appendFileSync(log, part));
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    try {
      const { code, stdout } = await deployment.cloister('verify', '--json', '--through', `http://127.0.0.1:${port}`);
      const result = verifyResult.parse(JSON.parse(stdout));
      expect(code).toBe(1);
      expect(result.findings.map(({ file }) => file)).toContain(log);
      expect(result.rows.find(({ item }) => item === 'Logging')?.verdict).toBe('BROKEN');
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it.each([
    ['SIGINT', 130, 'refused'],
    ['SIGTERM', 143, 'answered'],
  ] as const)('leaves no key, project or planted file behind after %s', async (signal, code, during) => {
    const command = spawn(join(root, 'cli/cloister'), ['verify', '--data', deployment.dataDirectory], {
      env: { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: join(deployment.folder, 'run') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(command, 'exit');
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(`Sending what is ${during}`)) command.kill(signal);
    });
    expect(await ended).toEqual([code, null]);
    expect((await deployment.cloister('api-key', 'list', '--json')).stdout).not.toContain('cloister verify');
    expect((await deployment.cloister('project', 'list', '--json')).stdout).not.toContain('cloister verify');
    expect(readdirSync(deployment.dataDirectory).filter((name) => name.startsWith('verify-'))).toEqual([]);
  });
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
