import { Command } from 'commander';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { createOutput } from '../output.ts';
import { addAccountCommands } from './accounts.ts';
import type { CommandContext } from './context.ts';
import { addPeopleCommands } from './people.ts';

const at = '2026-05-01T12:00:00.000Z';
const bo = {
  id: 'b8a3f0a5-5f5c-4a52-9d2e-0f6a3c1f7a11',
  name: 'Bo',
  email: 'bo@example.org',
  role: 'member',
  isSuspended: false,
  secondFactors: ['totp'],
  createdAt: at,
};
const link = { link: 'https://cloister.example/invitation#token=invite_x', expiresAt: at, wasSent: false };
const account = { id: bo.id, name: 'Laboratory', createdAt: at };

const answers: Readonly<Record<string, unknown>> = {
  'GET /people': { items: [bo] },
  [`PATCH /people/${bo.id}`]: bo,
  [`POST /people/${bo.id}/password-reset`]: link,
  'POST /invitations': link,
  'GET /accounts': { items: [account] },
  'POST /accounts': { account, invitation: link },
  [`POST /accounts/${account.id}/invitations`]: link,
};

/** Runs one command against canned answers. @returns what was asked of the server, and what was printed */
async function run(...args: string[]): Promise<{ asked: unknown[][]; printed: string }> {
  const asked: unknown[][] = [];
  let printed = '';
  const ask = (method: string, path: string, body?: unknown) =>
    asked.push([`${method} ${path}`, ...(body === undefined ? [] : [body])]);
  const context = {
    control: () => ({
      dataDirectory: '/data',
      async call<T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
        ask(method, path, body);
        return schema.parse(answers[`${method} ${path}`]);
      },
      async run(method: string, path: string, body?: unknown): Promise<void> {
        ask(method, path, body);
      },
      upload: () => Promise.reject(new Error('not asked for')),
      send: () => Promise.reject(new Error('not asked for')),
      download: () => Promise.reject(new Error('not asked for')),
    }),
    output: () => ({
      ...createOutput(false),
      result: (_value: unknown, text: string) => {
        printed = text;
      },
    }),
  } satisfies CommandContext;
  const program = new Command().exitOverride();
  addPeopleCommands(program, context);
  addAccountCommands(program, context);
  await program.parseAsync(args, { from: 'user' });
  return { asked, printed };
}

const lastLine = (text: string) => text.split('\n').at(-1);

it('invites with a role, and ends with the link alone', async () => {
  const { asked, printed } = await run('people', 'invite', 'cy@example.org', '--role', 'administrator');
  expect(asked).toEqual([['POST /invitations', { email: 'cy@example.org', role: 'administrator' }]]);
  expect(lastLine(printed)).toBe(link.link);
  expect(printed).toContain(at);
});

it.each([
  ['suspend', `PATCH /people/${bo.id}`, { isSuspended: true }],
  ['resume', `PATCH /people/${bo.id}`, { isSuspended: false }],
  ['remove', `DELETE /people/${bo.id}`, undefined],
  ['reset-password', `POST /people/${bo.id}/password-reset`, undefined],
  ['reset-second-factor', `POST /people/${bo.id}/second-factor-reset`, undefined],
])('%s takes an e-mail address or an id', async (command, request, body) => {
  for (const who of [bo.id, ' BO@example.org']) {
    const { asked } = await run('people', command, who);
    expect(asked).toEqual([['GET /people'], [request, ...(body === undefined ? [] : [body])]]);
  }
  await expect(run('people', command, 'nobody@example.org')).rejects.toThrow('cloister people list');
});

it('lists people with what they can be asked for', async () => {
  const { printed } = await run('people', 'list');
  expect(printed.split('\n')[1]).toMatch(/^b8a3f0a5\S+ {2}Bo +bo@example\.org +member +active +totp$/);
});

it('makes an account and shows its owner’s link; lists accounts', async () => {
  const { asked, printed } = await run('account', 'create', '--name', 'Laboratory', '--owner-email', 'lin@example.org');
  expect(asked).toEqual([['POST /accounts', { name: 'Laboratory', ownerEmail: 'lin@example.org' }]]);
  expect(lastLine(printed)).toBe(link.link);
  expect((await run('account', 'list')).printed).toContain('Laboratory');
});

it('invites the first owner anew, and ends with the link alone', async () => {
  const { asked, printed } = await run('account', 'invite-owner', account.id, '--email', 'lin@example.org');
  expect(asked).toEqual([[`POST /accounts/${account.id}/invitations`, { ownerEmail: 'lin@example.org' }]]);
  expect(lastLine(printed)).toBe(link.link);
});
