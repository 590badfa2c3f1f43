import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodingParameters, type PromptContent } from '../../contract/app/index.ts';
import type { Control } from '../control.ts';
import { addPromptCommands } from './prompts.ts';

const P = 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const OTHER = 'c8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11';
const SAVED = '11111111-5f5c-4a52-9d2e-0f6a3c1f7a11';
const at = '2026-05-01T12:00:00.000Z';
const content: PromptContent = {
  mode: 'freeform',
  modelId: 'm',
  parameters: decodingParameters.parse({}),
  variables: [
    { name: 'a', defaultValue: 'one' },
    { name: 'b', defaultValue: 'two' },
  ],
  guardrails: {},
  text: '{a} {b}',
};
const template = {
  id: SAVED,
  name: 'Greeting',
  description: 'says hello',
  sizeBytes: 900,
  createdAt: at,
  createdBy: 'Ada',
  updatedAt: at,
  revision: 1,
  settings: { autosaves: false, keepsVersions: false },
  content,
};
const projectOf = (id: string) => ({ id, name: 'Contracts', description: '', role: 'admin', createdAt: at });
const answer = [
  { type: 'queued', position: 2 },
  { type: 'started', inputTokens: 3, seed: 1 },
  { type: 'text-delta', text: 'Hello ' },
  { type: 'text-delta', text: 'wörld' },
  { type: 'done', stopReason: 'eos_token', inputTokens: 3, outputTokens: 2, seed: 1 },
];

describe('the commands for prompts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-cli-'));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  type Server = { readonly projects?: readonly string[]; readonly events?: readonly object[] };

  async function run(args: string[], { projects = [P], events = answer }: Server = {}) {
    const asked: unknown[] = [];
    const progress: string[] = [];
    let printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      printed += String(piece);
      return true;
    });
    const control: Control = {
      dataDirectory: '/data',
      async call(schema, method, path, body) {
        asked.push(body === undefined ? `${method} ${path}` : [`${method} ${path}`, body]);
        if (path === '/projects') return schema.parse({ items: projects.map(projectOf) });
        if (method === 'DELETE') return schema.parse({ receipt: 'a.b.c' });
        if (path.endsWith('/prompt-code')) return schema.parse({ code: 'curl …', notes: ['needs a key'] });
        if (path.endsWith('/search')) {
          const { content: _, ...item } = template;
          return schema.parse({ items: [item], ...(Object.hasOwn(Object(body), 'cursor') ? {} : { nextCursor: 'c' }) });
        }
        return schema.parse(template);
      },
      run: async () => expect.fail('nothing is run'),
      upload: async () => expect.fail('nothing is uploaded'),
      async send({ method, path, body, onText }) {
        asked.push([`${method} ${path}`, JSON.parse(String(body))]);
        const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
        // As it comes: cut anywhere.
        for (let end = 1; end <= text.length; end += 7) onText?.(text.slice(0, end));
        onText?.(text);
        return { status: 200, headers: {}, text, complete: true };
      },
      download: async () => expect.fail('nothing is downloaded'),
    };
    const output = {
      json: false,
      result: (_value: unknown, shown: string) => {
        printed += shown;
      },
      progress: (line: string) => void progress.push(line),
      progressInPlace: () => {},
    };
    const program = new Command().exitOverride();
    addPromptCommands(program, { control: () => control, output: () => output });
    await program.parseAsync(['prompt', ...args], { from: 'user' });
    return { asked, printed, progress };
  }

  function fileOf(value: unknown, name = 'prompt.json'): string {
    const file = join(folder, name);
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  }

  it('run a file with values, in the only project, and print the answer as it comes', async () => {
    const value = fileOf('drei\n', 'value.txt');
    const { asked, printed, progress } = await run(['run', fileOf(template), '--var', 'b=2=3', '--var', `a=@${value}`]);
    expect(asked).toEqual([
      'GET /projects',
      [
        `POST /projects/${P}/generate`,
        expect.objectContaining({
          modelId: 'm',
          prompt: { mode: 'freeform', text: '{a} {b}' },
          variables: { a: 'drei\n', b: '2=3' },
        }),
      ],
    ]);
    expect(printed).toBe('Hello wörld\n');
    expect(progress).toEqual(['Waiting: place 2 in the queue.', '3 tokens in, 2 out; stopped by eos_token.']);
  });

  it('run a saved prompt by its id, with another model, and variables have their defaults', async () => {
    const { asked } = await run(['run', SAVED, '--project', OTHER, '--model', 'n']);
    expect(asked).toEqual([
      `GET /projects/${OTHER}/prompt-templates/${SAVED}`,
      [
        `POST /projects/${OTHER}/generate`,
        expect.objectContaining({ modelId: 'n', variables: { a: 'one', b: 'two' } }),
      ],
    ]);
  });

  it('say that an answer was broken off, or why it failed', async () => {
    const file = fileOf(template);
    await expect(run(['run', file], { events: answer.slice(0, 3) })).rejects.toThrow('not complete');
    const problem = { title: 't', detail: 'The engine ended.', code: 'unavailable' };
    const failed = [...answer.slice(0, 3), { type: 'error', problem }];
    await expect(run(['run', file], { events: failed })).rejects.toThrow('The engine ended.');
  });

  it('refuse what they cannot do, and quote nothing of a prompt', async () => {
    const file = fileOf(template);
    await expect(run(['run', file, '--var', 'c=1'])).rejects.toThrow('has no variable c. It has a, b');
    await expect(run(['run', file, '--var', '=1'])).rejects.toThrow('--var NAME=VALUE');
    await expect(run(['run', file], { projects: [P, OTHER] })).rejects.toThrow('several projects');
    await expect(run(['run', file], { projects: [] })).rejects.toThrow('no project yet');
    await expect(run(['run', join(folder, 'nowhere')])).rejects.toThrow('no such file');
    for (const wrong of ['canary {', JSON.stringify({ content: { ...content, text: 7, canary: 'canary' } })]) {
      const error = await run(['run', fileOf(wrong, 'wrong.json')]).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ exitCode: 2 });
      expect(String(error)).not.toContain('canary {');
      expect(String(error)).not.toContain("'canary'");
    }
  });

  it('save a file under its own name, under another, and in place of a saved prompt', async () => {
    const file = fileOf({ name: 'Mine', content });
    expect((await run(['save', P, file])).asked).toEqual([
      [`POST /projects/${P}/prompt-templates`, { name: 'Mine', description: '', content }],
    ]);
    expect((await run(['save', P, file, '--name', 'Yours', '--description', 'd'])).asked).toEqual([
      [`POST /projects/${P}/prompt-templates`, { name: 'Yours', description: 'd', content }],
    ]);
    expect((await run(['save', P, file, '--replace', SAVED])).asked).toEqual([
      [`PATCH /projects/${P}/prompt-templates/${SAVED}`, { content }],
    ]);
    await expect(run(['save', P, fileOf({ content })])).rejects.toThrow('say --name NAME');
  });

  it('get what save takes', async () => {
    const { printed } = await run(['get', P, SAVED]);
    expect(JSON.parse(printed)).toEqual({ name: 'Greeting', description: 'says hello', content });
    expect((await run(['save', P, fileOf(printed)])).asked).toHaveLength(1);
  });

  it('list every page, make code, and delete', async () => {
    const listed = await run(['list', P, '--find', 'hello']);
    expect(listed.asked).toEqual([
      [`POST /projects/${P}/prompt-templates/search`, { limit: 200, q: 'hello' }],
      [`POST /projects/${P}/prompt-templates/search`, { limit: 200, q: 'hello', cursor: 'c' }],
    ]);
    expect(listed.printed).toContain('Greeting');
    const code = await run(['code', fileOf(template), '--language', 'python-openai', '--var', 'a=1']);
    expect(code.asked.at(-1)).toEqual([
      `POST /projects/${P}/prompt-code`,
      { content, values: { a: '1' }, language: 'python-openai' },
    ]);
    expect([code.printed, code.progress]).toEqual(['curl …', ['needs a key']]);
    expect((await run(['delete', P, SAVED])).asked).toEqual([`DELETE /projects/${P}/prompt-templates/${SAVED}`]);
  });
});
