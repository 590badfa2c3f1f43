/** Schemathesis (PyPI) reads the OpenAPI document of the app's API and sends what it makes of it, as an Editor of the first account. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorKinds } from '../privacy/access/actors.ts';
import { type MatrixServer, startMatrixServer } from '../privacy/access/matrix-server.ts';
import { must, send } from '../support/callers.ts';

const SCHEMATHESIS = resolve(import.meta.dirname, '../../node_modules/.python/bin/schemathesis');
const EDITOR = 'a key of an Editor for Schemathesis';

/** What only the second account has. */
const SECRETS_OF_B = {
  account: 'Account B',
  person: 'bea@example.net',
  project: 'Hazel-project-of-account-B',
  template: 'Sycamore-template-of-account-B',
  content: 'Hemlock is what account B has saved.',
} as const;

let server: MatrixServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloister-schemathesis-'));
  server = await startMatrixServer();
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function callerOf(name: string) {
  const actor = actorKinds.find((candidate) => candidate.name === name);
  if (actor === undefined) throw new Error(`nobody is ${name}`);
  return server.world.caller(actor);
}

async function saveSecretsOfB(): Promise<void> {
  const { url } = server.world;
  const bea = callerOf('another account’s owner');
  const project = await must<{ id: string }>(url, bea, 'POST', '/api/v1/projects', { name: SECRETS_OF_B.project });
  const content = { mode: 'freeform', modelId: 'memory/chat', parameters: {}, text: SECRETS_OF_B.content };
  await must(url, bea, 'POST', `/api/v1/projects/${project.id}/prompt-templates`, {
    name: SECRETS_OF_B.template,
    content,
  });
}

function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(SCHEMATHESIS, args, { cwd: folder, env: { ...process.env, HOME: folder, NO_COLOR: '1' } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', fail);
    child.once('close', (code) => done({ code, output }));
  });
}

describe('whatever Schemathesis makes of the OpenAPI document', () => {
  it('is answered as the document says, never by a server error, and with nothing of another account', async () => {
    await saveSecretsOfB();
    const { url } = server.world;
    const editor = callerOf('an Editor');
    const { key } = await must<{ key: string }>(url, editor, 'POST', '/api/v1/api-keys', { name: EDITOR });
    const answers = join(folder, 'answers.har');
    const { code, output } = await run([
      'run',
      `${url}/api/v1/openapi.json`,
      '--header',
      `Authorization: Bearer ${key}`,
      '--checks',
      'not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance',
      '--phases',
      'examples,coverage,fuzzing',
      '--max-examples',
      process.env.SLOW === '1' ? '300' : '30',
      '--seed',
      '20261124',
      '--continue-on-failure',
      '--report',
      'har',
      '--report-har-path',
      answers,
    ]);
    expect(code, output.slice(-8000)).toBe(0);
    const recorded = readFileSync(answers, 'utf8');
    const { log } = JSON.parse(recorded) as { log: { entries: { response: { content: { text?: string } } }[] } };
    expect(log.entries.length).toBeGreaterThan(1000);
    const leaked = log.entries.filter(({ response }) =>
      Object.values(SECRETS_OF_B).some((secret) => response.content.text?.includes(secret)),
    );
    expect(leaked).toEqual([]);
    console.log(`${log.entries.length} requests by Schemathesis`);
    // The key still works at the end: Schemathesis was somebody all the time.
    expect((await send(url, { headers: { authorization: `Bearer ${key}` } }, 'GET', '/api/v1/session')).status).toBe(
      200,
    );
  }, 900_000);
});
