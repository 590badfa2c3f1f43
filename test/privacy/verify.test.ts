import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testModelPath } from '../../server/inference/testing.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

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
});
