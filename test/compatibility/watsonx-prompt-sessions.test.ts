/** IBM's official Node SDK on prompt sessions, against a real server: the same assets as the page reads and writes. */
import type { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptContent, type SessionEntry, type SessionEntryContent } from '../../contract/app/index.ts';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { type Composed, startComposed } from '../support/composed.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';
import { failureOf, watsonxOf, watsonxOfViewer } from '../support/watsonx-client.ts';

const MODEL = 'memory/chat';
const [QUESTION, ANSWER, MORE] = [1, 2, 3].map((n) => `0199a000-0000-7000-8000-00000000000${n}`);

let server: Composed;
let ada: Caller;
let client: WatsonXAI;
let projectId: string;

beforeAll(async () => {
  server = await startComposed();
  ada = await signInAs(server.url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  projectId = await newProject('Contracts');
  client = await watsonxOf(server.url, ada);
});
afterAll(() => server?.close());

async function newProject(name: string): Promise<string> {
  return (await must<{ id: string }>(server.url, ada, 'POST', '/api/v1/projects', { name })).id;
}

const sessions = () => `/api/v1/projects/${projectId}/prompt-sessions`;

async function begunByPage(entries: readonly SessionEntryContent[] = []): Promise<string> {
  const { id } = await must<{ id: string }>(server.url, ada, 'POST', sessions(), { name: 'An afternoon' });
  for (const entry of entries) await must(server.url, ada, 'POST', `${sessions()}/${id}/entries`, { entry });
  return id;
}

async function openedByPage(id: string): Promise<SessionEntry[]> {
  return (await must<{ items: SessionEntry[] }>(server.url, ada, 'GET', `${sessions()}/${id}/entries`)).items;
}

const submitted = (more: object): SessionEntryContent => ({
  content: promptContent.parse({ modelId: MODEL, parameters: { maxNewTokens: 31 }, ...more }),
  values: {},
  output: 'The answer',
  stopReason: 'eos_token',
  inputTokens: 4,
  outputTokens: 2,
});
const freeform: SessionEntryContent = {
  ...submitted({ mode: 'freeform', text: 'In {place}', variables: [{ name: 'place', defaultValue: 'Rome' }] }),
  values: { place: 'Wien' },
};
const structured = submitted({
  mode: 'structured',
  instruction: 'Say',
  examples: [{ input: 'a', output: 'b' }],
  input: 'c',
});
const chat = submitted({
  mode: 'chat',
  system: 'Be kind',
  turns: [
    { id: QUESTION, parentId: null, role: 'user', content: 'Hello' },
    { id: ANSWER, parentId: QUESTION, role: 'assistant', content: 'Hi' },
    { id: MORE, parentId: ANSWER, role: 'user', content: 'More' },
  ],
  leafId: MORE,
});
const promptOf = (text: string, output = '') => ({ model_id: MODEL, input: [[text, output]], data: {} });

describe('a session of the page', () => {
  it('is read with its entries, each with the answer and the values of its variables', async () => {
    const sessionId = await begunByPage([freeform, structured, chat]);
    const { result } = await client.getPromptSession({ sessionId, projectId, prefetch: true });
    expect(result).toMatchObject({ id: sessionId, name: 'An afternoon', lock: { locked: false } });
    expect(result.prompts).toMatchObject([
      {
        id: '3',
        input_mode: 'chat',
        prompt: {
          system_prompt: 'Be kind',
          chat_items: [
            { type: 'question', content: 'Hello' },
            { type: 'answer', content: 'Hi' },
            { type: 'question', content: 'More' },
            { type: 'answer', content: 'The answer' },
          ],
        },
      },
      {
        id: '2',
        input_mode: 'structured',
        prompt: { input: [['c', 'The answer']], data: { instruction: 'Say', examples: [['a', 'b']] } },
      },
      {
        id: '1',
        name: 'Prompt 1',
        input_mode: 'freeform',
        prompt_variables: { place: { default_value: 'Wien' } },
        prompt: { input: [['In {place}', 'The answer']], model_parameters: { max_new_tokens: 31 } },
      },
    ]);
    expect(result.prompts?.[0]?.created_at).toBeGreaterThan(Date.parse('2026-01-01'));
    const { result: alone } = await client.getPromptSession({ sessionId, projectId });
    expect(alone.prompts).toBeUndefined();
  });

  it('is listed page by page and opened one by one', async () => {
    const sessionId = await begunByPage([freeform, structured, chat]);
    const first = (await client.listPromptSessionEntries({ sessionId, projectId, limit: '2' })).result;
    expect(first.results).toEqual([
      { id: '3', name: 'Prompt 3', created_at: expect.any(Number) },
      { id: '2', name: 'Prompt 2', created_at: expect.any(Number) },
    ]);
    const { bookmark = expect.fail('there is no next page') } = first;
    const rest = (await client.listPromptSessionEntries({ sessionId, projectId, bookmark })).result;
    expect(rest.results?.map(({ id }) => id)).toEqual(['1']);
    expect(rest.bookmark).toBeUndefined();
    const { result } = await client.getPromptSessionEntry({ sessionId, projectId, entryId: '2' });
    expect(result.prompt.input).toEqual([['c', 'The answer']]);
  });

  it('is renamed, loses an entry and is deleted', async () => {
    const sessionId = await begunByPage([freeform, structured]);
    const { result } = await client.updatePromptSession({ sessionId, projectId, name: 'A morning' });
    expect(result.name).toBe('A morning');
    await client.deletePromptSessionEntry({ sessionId, projectId, entryId: '1' });
    expect((await openedByPage(sessionId)).map(({ number }) => number)).toEqual([2]);
    await client.deletePromptSession({ sessionId, projectId });
    expect((await send(server.url, ada, 'GET', `${sessions()}/${sessionId}`)).status).toBe(404);
  });
});

describe('a session of the SDK', () => {
  it('is the page’s own with the entries that it is begun with, and with those that are added', async () => {
    const entry = (text: string, output: string) => ({ name: 'mine', created_at: 1, prompt: promptOf(text, output) });
    const { result } = await client.createPromptSession({
      name: 'From a script',
      description: 'about it',
      projectId,
      prompts: [entry('one', 'first answer'), entry('two', 'second answer')],
    });
    const sessionId = result.id ?? expect.fail('it has no id');
    const { result: added } = await client.createPromptSessionEntry({
      sessionId,
      projectId,
      name: 'mine',
      createdAt: 1,
      inputMode: 'chat',
      prompt: {
        model_id: MODEL,
        data: {},
        chat_items: [
          { type: 'question', content: 'Hello' },
          { type: 'answer', content: 'Hi' },
        ],
      },
    });
    expect(added).toMatchObject({ id: '3', name: 'Prompt 3' });
    const [last, second, first] = await openedByPage(sessionId);
    expect(first?.entry).toMatchObject({ content: { mode: 'freeform', text: 'one' }, output: 'first answer' });
    expect(second?.entry).toMatchObject({ content: { mode: 'freeform', text: 'two' }, output: 'second answer' });
    expect(last?.entry).toMatchObject({
      content: { mode: 'chat', turns: [{ role: 'user', content: 'Hello' }] },
      output: 'Hi',
    });
    expect(last?.entry).not.toHaveProperty('stopReason');
    // Thirty days count from here, whatever time the program says.
    expect(Date.parse(first?.submittedAt ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
  });

  it('is not made where one of its entries cannot be kept', async () => {
    const before = await must<{ items: unknown[] }>(server.url, ada, 'GET', sessions());
    const prompts = [{ name: 'n', created_at: 1, input_mode: 'detached', prompt: promptOf('one') }];
    const error = await failureOf(client.createPromptSession({ name: 'n', projectId, prompts }));
    expect(error.result.errors?.[0]?.target?.name).toBe('prompts.0.input_mode');
    expect((await must<{ items: unknown[] }>(server.url, ada, 'GET', sessions())).items).toHaveLength(
      before.items.length,
    );
  });
});

describe('what was submitted', () => {
  it('stays as it is: nothing is added to a chat, and nobody locks a session', async () => {
    const sessionId = await begunByPage([chat]);
    const chatItem = [{ type: 'question', content: 'And then?' }];
    const more = await failureOf(
      client.createPromptSessionEntryChatItem({ sessionId, projectId, entryId: '1', chatItem }),
    );
    expect(more.status).toBe(501);
    expect(more.result.errors?.[0]?.code).toBe('feature_not_supported');
    expect((await client.getPromptSessionLock({ sessionId, projectId })).result).toEqual({ locked: false });
    const unlocked = await client.updatePromptSessionLock({ sessionId, projectId, locked: false });
    expect(unlocked.result).toEqual({ locked: false });
    const locked = await failureOf(client.updatePromptSessionLock({ sessionId, projectId, locked: true }));
    expect(locked.status).toBe(501);
    expect((await openedByPage(sessionId))[0]?.entry).toEqual(chat);
  });
});

describe('who may', () => {
  it('finds nothing of another project, and no entry that there is not', async () => {
    const sessionId = await begunByPage([freeform]);
    const other = await newProject('Elsewhere');
    for (const call of [
      () => client.getPromptSession({ sessionId, projectId: other }),
      () => client.listPromptSessionEntries({ sessionId, projectId: other }),
      () => client.getPromptSessionEntry({ sessionId, projectId: other, entryId: '1' }),
      () => client.getPromptSessionLock({ sessionId, projectId: other }),
      () => client.deletePromptSession({ sessionId, projectId: other }),
      () => client.getPromptSessionEntry({ sessionId, projectId, entryId: '2' }),
      () => client.getPromptSessionEntry({ sessionId, projectId, entryId: 'one' }),
    ]) {
      const { status, result } = await failureOf(call());
      expect(status).toBe(404);
      expect(result.errors?.[0]?.code).toBe('not_found');
    }
    expect((await openedByPage(sessionId))[0]?.entry).toEqual(freeform);
  });

  it('sees the name as a Viewer, and opens and changes nothing', async () => {
    const sessionId = await begunByPage([freeform]);
    const viewer = await watsonxOfViewer(server.url, ada, projectId);
    const { result } = await viewer.getPromptSession({ sessionId, projectId });
    expect(result.name).toBe('An afternoon');
    const entry = { name: 'n', createdAt: 1, prompt: promptOf('x') };
    for (const call of [
      () => viewer.getPromptSession({ sessionId, projectId, prefetch: true }),
      () => viewer.listPromptSessionEntries({ sessionId, projectId }),
      () => viewer.getPromptSessionEntry({ sessionId, projectId, entryId: '1' }),
      () => viewer.createPromptSessionEntry({ sessionId, projectId, ...entry }),
      () => viewer.createPromptSession({ name: 'n', projectId }),
      () => viewer.deletePromptSession({ sessionId, projectId }),
    ])
      expect((await failureOf(call())).status).toBe(403);
  });
});
