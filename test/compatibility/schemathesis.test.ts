/** Schemathesis (PyPI) reads the OpenAPI document of the app's API and sends what it makes of it, as an Editor of the first account. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actorKinds } from '../privacy/access/actors.ts';
import { type MatrixServer, startMatrixServer } from '../privacy/access/matrix-server.ts';
import type { World } from '../privacy/access/world.ts';
import { must, send, withApiKey } from '../support/callers.ts';

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

type Har = { log: { entries: { response: { status: number; content: { text?: string } } }[] } };

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

function schemathesis(args: readonly string[]): Promise<{ code: number | null; output: string }> {
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

/** What every run is told. A key that is not its own would end the run: those operations have a run of their own. */
const OWN_KEYS = '/api-keys/\\{apiKeyId\\}';
const CHECKS =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance';

/** Real ids in the place of random ones, which every operation answers with "not found". */
function configure({ projectId, things }: World): void {
  const ids = { projectId, templateId: things.templateId, objectId: things.objectId };
  const lines = Object.entries(ids).map(([name, value]) => `"path.${name}" = "${value}"`);
  writeFileSync(join(folder, 'schemathesis.toml'), `[parameters]\n${lines.join('\n')}\n`);
}

describe('whatever Schemathesis makes of the OpenAPI document', () => {
  it('is answered as the document says, never by a server error, and with nothing of another account', async () => {
    await saveSecretsOfB();
    const { url } = server.world;
    const editor = callerOf('an Editor');
    const { key } = await must<{ key: string }>(url, editor, 'POST', '/api/v1/api-keys', { name: EDITOR });
    configure(server.world);
    const answers = join(folder, 'answers.har');
    const run = (...args: string[]) =>
      schemathesis([
        'run',
        `${url}/api/v1/openapi.json`,
        ...['--header', `Authorization: Bearer ${key}`, '--checks', CHECKS, '--phases', 'examples,coverage,fuzzing'],
        ...['--max-examples', process.env.SLOW === '1' ? '300' : '8', '--seed', '20261124', '--continue-on-failure'],
        ...['--suppress-health-check', 'filter_too_much', '--report', 'har', '--report-har-path', answers],
        ...args,
      ]);
    const { code, output } = await run('--exclude-path-regex', OWN_KEYS);
    expect(code, output.slice(-8000)).toBe(0);
    const recorded = readFileSync(answers, 'utf8');
    const { log } = JSON.parse(recorded) as Har;
    expect(log.entries.length).toBeGreaterThan(1000);
    const leaked = log.entries.filter(({ response }) =>
      Object.values(SECRETS_OF_B).some((secret) => response.content.text?.includes(secret)),
    );
    expect(leaked).toEqual([]);
    const answered = log.entries.filter(({ response }) => response.status >= 200 && response.status < 300);
    expect(answered.length).toBeGreaterThan(100);
    console.log(`${log.entries.length} requests by Schemathesis, ${answered.length} of them answered with a success`);
    // The key still works at the end: Schemathesis was somebody all the time.
    expect((await send(url, withApiKey(key), 'GET', '/api/v1/session')).status).toBe(200);
    const ofOwnKeys = await run('--include-path-regex', OWN_KEYS);
    expect(ofOwnKeys.code, ofOwnKeys.output.slice(-8000)).toBe(0);
  }, 900_000);
});
