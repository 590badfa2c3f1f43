/** The administrator's client: contract/app over the server's control socket. Being able to open the socket is the sign-in. */
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { z } from 'zod';
import { problem } from '../contract/app/index.ts';
import { CONTROL_SOCKET, runDirectoryOf } from '../contract/run-directory.ts';
import { CommandError, EXIT } from './command-error.ts';
import { type Answer, type Exchange, exchange } from './http.ts';

export type Control = {
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** @throws CommandError when no server runs, or with the server's own words when it refuses. */
  call<T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown, timeoutMs?: number): Promise<T>;
  /** For answers without a body. */
  run(method: string, path: string, body?: unknown): Promise<void>;
  upload<T>(schema: z.ZodType<T>, path: string, content: Readable, sizeBytes: number): Promise<T>;
  /** For requests with headers of their own. `path` as for the others. */
  send(what: Exchange): Promise<Answer>;
  /** Writes an answer of any length as it comes; whoever reads it may stop reading. */
  download(path: string, sink: Writable): Promise<void>;
};

/** @param dataDirectory as given by `--data` or CLOISTER_DATA; without it `./data`, as the server does. */
export function createControl(dataDirectory: string | undefined): Control {
  const data = resolve(dataDirectory || 'data');
  const runDirectory = runDirectoryOf(data);
  const socketPath = join(runDirectory, CONTROL_SOCKET);

  async function ask(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<Answer> {
    const json = body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) };
    return reach({ method, path, ...json, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }
  async function reach(what: Parameters<typeof exchange>[1]): Promise<Answer> {
    refuseForeignSocket(runDirectory);
    let answer: Answer;
    try {
      answer = await exchange({ socketPath }, { ...what, path: `/api/v1${what.path}` });
    } catch (error) {
      throw asCommandError(error, data);
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer);
  }
  return {
    dataDirectory: data,
    call: async (schema, method, path, body, timeoutMs) => read(schema, await ask(method, path, body, timeoutMs)),
    run: async (method, path, body) => {
      await ask(method, path, body);
    },
    upload: async (schema, path, content, sizeBytes) =>
      read(
        schema,
        await reach({
          method: 'PUT',
          path,
          headers: { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) },
          body: content,
          timeoutMs: 3_600_000,
        }),
      ),
    send: reach,
    download: async (path, sink) => {
      await reach({ method: 'GET', path, sink });
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The folder may lie in /tmp, where anybody can make one with this name and listen for what we send. Its name carries the user, root's too. */
function refuseForeignSocket(runDirectory: string): void {
  const found = lstatSync(runDirectory, { throwIfNoEntry: false });
  const me = process.getuid?.();
  if (found === undefined || me === undefined || found.uid === me) return;
  throw new CommandError(
    `The folder ${runDirectory} belongs to another user. Run the command as the user that runs the server.`,
  );
}

function read<T>(schema: z.ZodType<T>, answer: Answer): T {
  try {
    return schema.parse(JSON.parse(answer.text));
  } catch {
    throw new CommandError(
      'The server answered in a way that this command does not understand. Use the command of the same version as the server.',
    );
  }
}

function refusal(answer: Answer): CommandError {
  let told: unknown;
  try {
    told = JSON.parse(answer.text);
  } catch {
    told = undefined;
  }
  const parsed = problem.safeParse(told);
  if (!parsed.success) return new CommandError(`The server answered with status ${answer.status} and no explanation.`);
  const fields = (parsed.data.fields ?? []).map(({ field, message }) => `\n  ${field}: ${message}`).join('');
  return new CommandError(parsed.data.detail + fields, EXIT.failed, parsed.data);
}

function asCommandError(error: unknown, dataDirectory: string): CommandError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new CommandError(
      `No server runs on the data directory ${dataDirectory}: start it with \`cloister start\`, or name its directory with --data.`,
      EXIT.noServer,
    );
  }
  if (code === 'EACCES') {
    return new CommandError('The control socket may be opened only by the user that runs the server.');
  }
  if (code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new CommandError(
      'The server broke off its answer: what was written is not complete. Run the command again.',
    );
  return new CommandError(`The server did not answer: ${error instanceof Error ? error.message : String(error)}.`);
}
