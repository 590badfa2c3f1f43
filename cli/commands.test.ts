import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processSurroundings, runDirectoryOf } from '../contract/run-directory.ts';

const command = resolve(import.meta.dirname, 'cloister');

describe('the command line', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-cli-'));
  });
  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** A server on the control socket that answers everything with the same. */
  async function answerWith(status: number, body: unknown, seen: string[] = []): Promise<void> {
    const run = runDirectoryOf(join(folder, 'data'), { ...processSurroundings({}), runtimeDirectory: folder });
    mkdirSync(run, { mode: 0o700 });
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
    await new Promise<void>((done) => server?.listen(join(run, 'control.sock'), done));
  }

  function cloister(
    args: string[],
    program = command,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((done, fail) => {
      const env = { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: folder, CLOISTER_DATA: join(folder, 'data') };
      const child = spawn(program, args, { env, cwd: folder });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (part) => {
        stdout += part;
      });
      child.stderr.on('data', (part) => {
        stderr += part;
      });
      child.once('error', fail);
      child.once('close', (code) => done({ code, stdout, stderr }));
    });
  }

  const project = {
    id: randomUUID(),
    name: 'Contracts',
    description: '',
    role: 'admin',
    createdAt: new Date(0).toISOString(),
  };

  it('says in one sentence that no server runs, and exits with 3', async () => {
    const { code, stdout, stderr } = await cloister(['project', 'list']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('cloister start');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('exits with 2 on wrong usage', async () => {
    expect((await cloister(['nonsense'])).code).toBe(2);
    expect((await cloister(['api-key', 'create'])).code).toBe(2);
  });

  it('works through a link', async () => {
    symlinkSync(command, join(folder, 'linked'));
    expect((await cloister(['--version'], join(folder, 'linked'))).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends the creation of a project with its id alone on the last line', async () => {
    await answerWith(201, project);
    const { code, stdout } = await cloister(['project', 'create', 'Contracts']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(project.id);
  });

  it('writes JSON and nothing else on standard output, with --json before or after the command', async () => {
    await answerWith(200, { items: [project] });
    for (const args of [
      ['--json', 'project', 'list'],
      ['project', 'list', '--json'],
    ]) {
      expect(JSON.parse((await cloister(args)).stdout)).toEqual({ items: [project] });
    }
  });

  it("prints the server's explanation with its fields, and exits with 1", async () => {
    await answerWith(400, {
      type: 'urn:cloister:error:invalid-argument',
      title: 'Bad request',
      status: 400,
      detail: 'The name is too long.',
      code: 'invalid-argument',
      fields: [{ field: 'name', message: 'at most 120 characters' }],
      trace: 'abc',
    });
    const { code, stdout, stderr } = await cloister(['project', 'create', 'x']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('The name is too long.\n  name: at most 120 characters\n');
  });

  it('writes the id of a model into the path as one part', async () => {
    const seen: string[] = [];
    await answerWith(204, undefined, seen);
    expect((await cloister(['models', 'remove', 'ibm/granite'])).code).toBe(0);
    expect(seen).toEqual(['DELETE /api/v1/models/ibm%2Fgranite']);
  });
});
