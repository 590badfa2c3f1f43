import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { z } from 'zod';
import {
  asset,
  type CodeLanguage,
  decodingParameters,
  generationEvent,
  type NotebookSdk,
  type PromptContent,
  promptCode,
  promptInputOf,
  valuesOf,
} from '../../contract/app/index.ts';
import { testModelPath } from '../../server/inference/testing.ts';
import { appClient } from './client.ts';
import { createApiKey, type Deployment, startDeployment } from './deployment.ts';

const root = resolve(import.meta.dirname, '../..');
export const notebookPython = join(root, 'node_modules/.python-notebooks/bin/python');

export const MODEL = 'huggingfacetb/smollm2-135m-instruct';
/** Whatever code could trip over. */
const HARD_TEXT = 'Say "it\'s" \\n $HOME `id` $(x) {"a": 1} {other} %s </script> 🦊\u2028\ttab\n\nJSON\nend';

const greedy = decodingParameters.parse({ maxNewTokens: 8 });
const shared = { modelId: MODEL, parameters: greedy, guardrails: {} };

/** One prompt of each mode, with variables and with texts that are hard to write in code. */
export const prompts: readonly PromptContent[] = [
  {
    ...shared,
    mode: 'freeform',
    variables: [
      { name: 'city', defaultValue: 'Rome' },
      { name: 'hard', defaultValue: HARD_TEXT },
    ],
    text: 'Note: {hard}\nThe capital of France is {city}. The capital of Spain is',
  },
  {
    ...shared,
    mode: 'structured',
    variables: [{ name: 'country', defaultValue: 'Italy "{country}"' }],
    instruction: `Name the capital. ${HARD_TEXT}`,
    inputPrefix: 'Input:',
    outputPrefix: 'Output:',
    examples: [{ input: 'France', output: 'Paris' }],
    input: '{country}',
  },
  {
    ...shared,
    mode: 'chat',
    variables: [{ name: 'thing', defaultValue: 'fruits' }],
    system: `Be brief. ${HARD_TEXT}`,
    turns: [
      { id: id(1), parentId: null, role: 'user', content: 'Hello' },
      { id: id(2), parentId: id(1), role: 'assistant', content: 'Hello. Ask me.' },
      { id: id(3), parentId: id(2), role: 'user', content: 'Name three {thing}.' },
      { id: id(4), parentId: id(3), role: 'assistant', content: 'An answer that code is not to send.' },
    ],
    leafId: id(4),
  },
];

function id(number: number): string {
  return `00000000-0000-7000-8000-00000000000${number}`;
}

export type CodeRuns = {
  readonly deployment: Deployment;
  readonly projectId: string;
  readonly apiKey: string;
  /** For files; code in it finds the project's npm packages. */
  readonly folder: string;
  /** The answer that the Prompt Lab gives. */
  answerOf(content: PromptContent): Promise<string>;
  codeOf(content: PromptContent, language: CodeLanguage): Promise<z.infer<typeof promptCode>>;
  /** Saves a notebook and gives its content as it is downloaded. */
  notebookOf(content: PromptContent, sdk: NotebookSdk): Promise<{ asset: z.infer<typeof asset>; text: string }>;
  /** Calls the app's API. */
  call(path: string, body?: unknown): Promise<Response>;
  /** Runs a program with the key in its environment and the certificate trusted; gives its output, or throws what it complained of. */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
};

/** A deployment with TLS, which IBM's Python SDK insists on, with a model, a project and a key. */
export async function startCodeRuns(): Promise<CodeRuns> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-code-'));
  const certificate = join(folder, 'certificate.pem');
  const privateKey = join(folder, 'key.pem');
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
      .concat(['-keyout', privateKey, '-out', certificate]),
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certificate, 'utf8')]);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'home'));
  const deployment = await startDeployment({
    modelFile: await testModelPath(),
    settings: { CLOISTER_TLS_CERT: certificate, CLOISTER_TLS_KEY: privateKey },
  });
  const apiKey = await createApiKey(deployment);
  const { id: projectId } = await appClient(deployment.url, apiKey).createProject('Code');
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    CLOISTER_API_KEY: apiKey,
    CURL_CA_BUNDLE: certificate,
    SSL_CERT_FILE: certificate,
    NODE_EXTRA_CA_CERTS: certificate,
  };

  async function call(path: string, body?: unknown): Promise<Response> {
    return fetch(`${deployment.url}/api/v1/projects/${projectId}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  }

  async function answered(path: string, body?: unknown): Promise<Response> {
    const response = await call(path, body);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  return {
    deployment,
    projectId,
    apiKey,
    folder,
    call,
    async answerOf(content) {
      const asked = promptInputOf(content);
      const prompt =
        asked.mode === 'chat'
          ? {
              ...asked,
              messages: asked.messages.slice(0, asked.messages.findLastIndex(({ role }) => role === 'user') + 1),
            }
          : asked;
      const { modelId, parameters } = content;
      const request = { modelId, prompt, parameters, variables: valuesOf(content.variables) };
      const lines = (await (await answered('/generate', request)).text()).split('\n');
      return lines
        .filter((line) => line.startsWith('data:'))
        .map((line) => generationEvent.parse(JSON.parse(line.slice('data:'.length))))
        .map((event) => (event.type === 'text-delta' ? event.text : ''))
        .join('');
    },
    async codeOf(content, language) {
      return promptCode.parse(await (await answered('/prompt-code', { content, language })).json());
    },
    async notebookOf(content, sdk) {
      const saved = asset.parse(await (await answered('/notebooks', { name: 'Notebook', content, sdk })).json());
      return { asset: saved, text: await (await answered(`/assets/${saved.id}/content`)).text() };
    },
    run: (program, ...args) => runProgram(program, args, { cwd: folder, env: environment }),
    async remove() {
      await deployment.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes it into the folder of the runs and gives its path. */
export function writeInto(runs: CodeRuns, name: string, text: string): string {
  const path = join(runs.folder, name);
  writeFileSync(path, text);
  return path;
}

function runProgram(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done(stdout) : fail(new Error(`${program} ended with ${code}:\n${stderr}`)),
    );
  });
}
