/** IBM's official Node SDK on saved prompts, against a real server: the same assets as the page reads and writes. */
import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PromptContent, promptContent } from '../../contract/app/index.ts';
import { type Caller, must, send, signInAs } from '../support/callers.ts';
import { type Composed, startComposed } from '../support/composed.ts';
import { ADMINISTRATOR } from '../support/deployment.ts';
import { failureOf, watsonxOf, watsonxOfViewer } from '../support/watsonx-client.ts';

const MODEL = 'memory/chat';
const [Q1, A1, A2, OTHER] = [1, 2, 3, 4].map((n) => `0199a000-0000-7000-8000-00000000000${n}`) as [
  string,
  string,
  string,
  string,
];

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

const templates = (project = projectId) => `/api/v1/projects/${project}/prompt-templates`;

async function savedByPage(content: PromptContent, name = 'From the page', project = projectId): Promise<string> {
  return (await must<{ id: string }>(server.url, ada, 'POST', templates(project), { name, content })).id;
}

async function openedByPage(id: string): Promise<PromptContent> {
  return (await must<{ content: PromptContent }>(server.url, ada, 'GET', `${templates()}/${id}`)).content;
}

async function createdBySdk(params: Omit<WatsonXAI.PostPromptParams, 'name' | 'projectId'>): Promise<string> {
  const { status, result } = await client.createPrompt({ name: 'From a script', projectId, ...params });
  expect(status).toBe(201);
  return result.id ?? expect.fail('it has no id');
}

async function refusedField(params: object): Promise<string | undefined> {
  const whole = { name: 'n', projectId, prompt: { model_id: MODEL, data: {} }, ...params };
  const error = await failureOf(client.createPrompt(whole as WatsonXAI.PostPromptParams));
  expect(error.status).toBe(400);
  return error.result.errors?.[0]?.target?.name;
}

const shared = {
  modelId: MODEL,
  variables: [
    { name: 'place', defaultValue: 'Österreich 🙂' },
    { name: 'time', defaultValue: '' },
  ],
};
/** Every parameter at something else than its default. */
const allParameters = {
  decodingMethod: 'sample',
  maxNewTokens: 31,
  minNewTokens: 2,
  temperature: 1.5,
  topK: 7,
  topP: 0.5,
  repetitionPenalty: 1.25,
  randomSeed: 42,
  stopSequences: ['\n\n', '{place}'],
  includeStopSequence: false,
  frequencyPenalty: -1,
  presencePenalty: 0.5,
  lengthPenalty: { decayFactor: 1.5, startIndex: 10 },
  timeLimit: 5000,
  truncateInputTokens: 100,
  logProbabilities: 0,
  responseFormat: { type: 'json_schema', schema: '{ "type": "object" }' },
};
const turn = (id: string, parentId: string | null, role: 'user' | 'assistant', content: string) => ({
  id,
  parentId,
  role,
  content,
});
const contents: Readonly<Record<PromptContent['mode'], PromptContent>> = {
  freeform: promptContent.parse({
    mode: 'freeform',
    ...shared,
    parameters: allParameters,
    guardrails: { personalData: { input: 'mask' } },
    text: 'The weather in {place} at {time} as {"json": 1}\u2028',
  }),
  structured: promptContent.parse({
    mode: 'structured',
    ...shared,
    parameters: { ...allParameters, responseFormat: { type: 'json_schema', schema: '{"type":"object"}' } },
    instruction: 'Say the weather.',
    inputPrefix: 'Where:',
    outputPrefix: '',
    examples: [{ input: 'Rome', output: 'sun' }],
    input: '{place}',
  }),
  chat: promptContent.parse({
    mode: 'chat',
    ...shared,
    parameters: { ...allParameters, responseFormat: { type: 'json_object' } },
    system: 'Be short',
    turns: [
      turn(Q1, null, 'user', 'How is {place}?'),
      turn(A1, Q1, 'assistant', 'Nice'),
      turn(A2, Q1, 'assistant', 'Hot'),
      turn(OTHER, null, 'user', 'Another beginning'),
    ],
    leafId: A2,
  }),
};
const modes = Object.entries(contents) as [PromptContent['mode'], PromptContent][];

describe('a prompt that the page saved', () => {
  for (const [mode, content] of modes) {
    it(`is read and written back whole in ${mode} mode`, async () => {
      const promptId = await savedByPage(content);
      const { result } = await client.getPrompt({ promptId, projectId });
      expect(result).toMatchObject({ id: promptId, name: 'From the page', input_mode: mode, is_template: true });
      expect(result.prompt_variables).toEqual({
        place: { default_value: 'Österreich 🙂' },
        time: { default_value: '' },
      });
      expect(result.created_at).toBeGreaterThan(Date.parse('2026-01-01'));
      expect(result.prompt.model_parameters).toMatchObject({ max_new_tokens: 31, stop_sequences: ['\n\n', '{place}'] });
      const { name, prompt, prompt_variables: promptVariables, input_mode: inputMode } = result;
      await client.updatePrompt({
        promptId,
        projectId,
        name,
        prompt,
        ...(promptVariables === undefined ? {} : { promptVariables }),
        ...(inputMode === undefined ? {} : { inputMode }),
      });
      expect(await openedByPage(promptId)).toEqual(content);
    });
  }

  it('shows the branch of a chat that the page shows, as questions and answers', async () => {
    const { result } = await client.getPrompt({ promptId: await savedByPage(contents.chat), projectId });
    expect(result.prompt).toMatchObject({
      system_prompt: 'Be short',
      chat_items: [
        { id: Q1, type: 'question', content: 'How is {place}?', status: 'ready' },
        { id: A2, type: 'answer', content: 'Hot', status: 'ready' },
      ],
    });
  });

  it('tells only the parameters of IBM’s shape where the caller asks for those', async () => {
    const promptId = await savedByPage(contents.freeform);
    const { result } = await client.getPrompt({ promptId, projectId, restrictModelParameters: 'true' });
    expect(Object.keys(result.prompt.model_parameters ?? {}).sort()).toEqual(
      [
        'decoding_method',
        'max_new_tokens',
        'min_new_tokens',
        'random_seed',
        'repetition_penalty',
        'stop_sequences',
        'temperature',
        'top_k',
        'top_p',
      ].sort(),
    );
  });
});

describe('a prompt that the SDK saved', () => {
  const parameters = { decoding_method: 'sample', max_new_tokens: 9, temperature: 0.5 };
  const promptVariables = { place: { default_value: 'Rome' } };

  it('is the page’s own in freeform mode', async () => {
    const prompt = { model_id: MODEL, input: [['In {place}', '']], data: {}, model_parameters: parameters };
    const extras = { taskIds: ['generation'], modelVersion: { number: '2.0.0' }, createdAt: 1 };
    const id = await createdBySdk({ prompt, promptVariables, inputMode: 'freeform', ...extras });
    expect(await openedByPage(id)).toMatchObject({
      mode: 'freeform',
      modelId: MODEL,
      text: 'In {place}',
      variables: [{ name: 'place', defaultValue: 'Rome' }],
      parameters: { decodingMethod: 'sample', maxNewTokens: 9, temperature: 0.5, includeStopSequence: true },
    });
  });

  it('is the page’s own in structured mode, which its data tell', async () => {
    const data = { instruction: 'Say', input_prefix: 'In', output_prefix: 'Out', examples: [['a', 'b']] };
    const id = await createdBySdk({ prompt: { model_id: MODEL, input: [['c']], data }, description: 'about it' });
    expect(await openedByPage(id)).toMatchObject({
      mode: 'structured',
      instruction: 'Say',
      inputPrefix: 'In',
      outputPrefix: 'Out',
      examples: [{ input: 'a', output: 'b' }],
      input: 'c',
    });
  });

  it('is the page’s own in chat mode, and goes on with what is said', async () => {
    const chatItems = [
      { type: 'question', content: 'Hello', status: 'ready', timestamp: 1711504485261 },
      { type: 'answer', content: 'Hi', status: 'ready', timestamp: 1711504485262 },
    ];
    const prompt = { model_id: MODEL, data: {}, system_prompt: 'Be kind', chat_items: chatItems };
    const promptId = await createdBySdk({ prompt, inputMode: 'chat' });
    await client.createPromptChatItem({ promptId, projectId, chatItem: [{ type: 'question', content: 'More' }] });
    const content = await openedByPage(promptId);
    if (content.mode !== 'chat') expect.fail(content.mode);
    expect(content.system).toBe('Be kind');
    expect(content.turns.map(({ role, content: said }) => [role, said])).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Hi'],
      ['user', 'More'],
    ]);
    expect(content.leafId).toBe(content.turns.at(-1)?.id);
  });

  it('is changed in what is said and stays as it is in the rest', async () => {
    const promptId = await savedByPage(contents.chat);
    const { result } = await client.getPrompt({ promptId, projectId });
    const [question] = result.prompt.chat_items ?? [];
    const chat_items = [question ?? {}, { type: 'answer', content: 'Cold' }];
    const prompt = { model_id: 'memory/text', data: {}, chat_items };
    const { result: changed } = await client.updatePrompt({ promptId, projectId, name: 'Renamed', prompt });
    expect(changed).toMatchObject({ name: 'Renamed', prompt: { model_id: 'memory/text' } });
    const content = await openedByPage(promptId);
    if (content.mode !== 'chat') expect.fail(content.mode);
    expect(content).toMatchObject({ system: 'Be short', parameters: contents.chat.parameters });
    // The other branches stay; the answer that was replaced is gone.
    expect(content.turns.map(({ content: said }) => said)).toEqual([
      'How is {place}?',
      'Nice',
      'Another beginning',
      'Cold',
    ]);
    expect(JSON.stringify(content)).not.toContain('Hot');
  });

  it('is deleted for the page too', async () => {
    const promptId = await savedByPage(contents.freeform);
    expect((await client.deletePrompt({ promptId, projectId })).status).toBe(204);
    expect((await send(server.url, ada, 'GET', `${templates()}/${promptId}`)).status).toBe(404);
  });
});

describe('the lock of a prompt', () => {
  it('is taken and given back, and said with the prompt', async () => {
    const promptId = await savedByPage(contents.freeform);
    expect((await client.getPromptLock({ promptId, projectId })).result).toEqual({ locked: false });
    const held = { locked: true, lock_type: 'edit', locked_by: expect.any(String) };
    expect((await client.updatePromptLock({ promptId, projectId, locked: true })).result).toEqual(held);
    expect((await client.getPrompt({ promptId, projectId })).result.lock).toEqual(held);
    expect((await client.updatePromptLock({ promptId, projectId, locked: false })).result).toEqual({ locked: false });
    expect((await client.getPrompt({ promptId, projectId })).result.lock).toEqual({ locked: false });
  });

  it('is taken with the prompt that is saved', async () => {
    const promptId = await createdBySdk({ prompt: { model_id: MODEL, data: {} }, lock: { locked: true } });
    expect((await client.getPromptLock({ promptId, projectId })).result).toMatchObject({ locked: true });
  });

  it('that somebody has on the page keeps the text from programs, not the name, until it is taken over', async () => {
    const promptId = await savedByPage(contents.freeform);
    const lock = `${templates()}/${promptId}/lock`;
    await must(server.url, ada, 'PUT', lock, { editorId: OTHER });
    const { prompt } = (await client.getPrompt({ promptId, projectId })).result;
    await client.updatePrompt({ promptId, projectId, name: 'Renamed', prompt });
    const changed = { ...prompt, input: [['Replaced', '']] };
    for (const call of [
      () => client.updatePrompt({ promptId, projectId, name: 'Renamed', prompt: changed }),
      () => client.updatePromptLock({ promptId, projectId, locked: true }),
      () => client.updatePromptLock({ promptId, projectId, locked: false }),
    ])
      expect((await failureOf(call())).status).toBe(409);
    expect(await openedByPage(promptId)).toEqual(contents.freeform);
    await client.updatePromptLock({ promptId, projectId, locked: true, force: true });
    await client.updatePrompt({ promptId, projectId, name: 'Renamed', prompt: changed });
    expect(await openedByPage(promptId)).toMatchObject({ text: 'Replaced' });
  });

  it('is none of governance', async () => {
    const promptId = await savedByPage(contents.freeform);
    const lockType = 'governance';
    const error = await failureOf(client.updatePromptLock({ promptId, projectId, locked: true, lockType }));
    expect(error.result.errors?.[0]?.target?.name).toBe('lock_type');
  });
});

describe('the input of a prompt', () => {
  it('is the text that the model is sent, with the values in it', async () => {
    const promptId = await savedByPage(contents.structured);
    const { result } = await client.getPromptInput({ promptId, projectId, promptVariables: { place: 'Wien' } });
    expect(result.input).toBe('Say the weather.\n\nWhere: Rome\nsun\n\nWhere: Wien\n');
  });

  it('takes another text in the place of the saved one, and the variables’ defaults', async () => {
    const promptId = await savedByPage(contents.freeform);
    const { result } = await client.getPromptInput({ promptId, projectId, input: 'Now {place}, {other}' });
    expect(result.input).toBe('Now Österreich 🙂, {other}');
  });

  it('is refused for a variable that there is not, and for a chat', async () => {
    const promptId = await savedByPage(contents.freeform);
    const unknown = await failureOf(client.getPromptInput({ promptId, projectId, promptVariables: { plaice: 'x' } }));
    expect(unknown.result.errors?.[0]?.target?.name).toBe('prompt_variables.plaice');
    const chat = await failureOf(client.getPromptInput({ promptId: await savedByPage(contents.chat), projectId }));
    expect(chat.status).toBe(409);
    expect(chat.message).toContain('/ml/v1/text/chat');
  });
});

describe('the list', () => {
  it('has every prompt of the project once, page by page', async () => {
    const project = await newProject('Letters');
    const ids = [];
    for (const name of ['one', 'two', 'three', 'four', 'five'])
      ids.push(await savedByPage(contents.freeform, name, project));
    const pager = new WatsonXAI.ListPromptsPager(client, { projectId: project, limit: 2 });
    const first = await pager.getNext();
    expect(first.map(({ metadata }) => metadata.name)).toEqual(['five', 'four']);
    const all = [...first, ...(await pager.getAll())];
    expect(all.map(({ metadata }) => metadata.asset_id)).toEqual(ids.toReversed());
    expect(JSON.stringify(all)).not.toContain('weather');
  });

  it('refuses to sort and count in ways that it does not know', async () => {
    for (const params of [{ sort: 'asset.name' }, { counts: ['asset.tags'] }, { drilldown: { a: 1 } }]) {
      const error = await failureOf(client.listPrompts({ projectId, ...params }));
      expect(error.result.errors?.[0]?.target?.name).toBe(Object.keys(params)[0]);
    }
  });
});

describe('what the Prompt Lab cannot keep', () => {
  const prompt = (more: object) => ({ prompt: { model_id: MODEL, data: {}, ...more } });
  const external = { external_prompt_id: 'a', external_model_id: 'b', external_model_provider: 'c' };
  const refusals: readonly [string, object][] = [
    ['input_mode', { inputMode: 'detached' }],
    ['prompt.external_information', prompt({ external_information: external })],
    ['prompt.input', prompt({ input: [['a'], ['b']] })],
    ['prompt.input', prompt({ input: [['a', 'an output']] })],
    ['prompt.input', { ...prompt({ input: [['a']] }), inputMode: 'chat' }],
    ['prompt.system_prompt', { ...prompt({ system_prompt: 'a' }), inputMode: 'freeform' }],
    ['prompt.chat_items', { ...prompt({ chat_items: [{ type: 'question', content: 'a' }] }), inputMode: 'structured' }],
    ['prompt.chat_items.0.status', prompt({ chat_items: [{ type: 'answer', content: '', status: 'error' }] })],
    ['prompt.data.instruction', { ...prompt({ data: { instruction: 'a' } }), inputMode: 'freeform' }],
    ['prompt.model_parameters.top_k', prompt({ model_parameters: { top_k: 0 } })],
    ['prompt.model_parameters.moderations', prompt({ model_parameters: { moderations: {} } })],
    ['prompt_variables.two words', { promptVariables: { 'two words': {} } }],
  ];

  it('is refused by its name', async () => {
    for (const [field, params] of refusals) expect(await refusedField(params), field).toBe(field);
    const promptId = await savedByPage(contents.freeform);
    const tracked = { promptId, projectId, name: 'n', prompt: { model_id: MODEL, data: {} }, governanceTracked: true };
    const error = await failureOf(client.updatePrompt(tracked));
    expect(error.result.errors?.[0]?.target?.name).toBe('governance_tracked');
    expect(await openedByPage(promptId)).toEqual(contents.freeform);
  });

  it('is a deployment space', async () => {
    const error = await failureOf(client.listPrompts({ spaceId: 'a-space' }));
    expect(error.status).toBe(400);
    expect(error.result.errors?.map(({ target }) => target?.name)).toEqual(['project_id', 'space_id']);
  });
});

describe('who may', () => {
  it('finds nothing of another project', async () => {
    const promptId = await savedByPage(contents.freeform);
    const other = await newProject('Elsewhere');
    for (const call of [
      () => client.getPrompt({ promptId, projectId: other }),
      () => client.deletePrompt({ promptId, projectId: other }),
      () => client.getPromptInput({ promptId, projectId: other }),
    ]) {
      const { status, result } = await failureOf(call());
      expect(status).toBe(404);
      expect(result).toMatchObject({ status_code: 404, trace: expect.any(String), errors: [{ code: 'not_found' }] });
    }
    expect(await openedByPage(promptId)).toEqual(contents.freeform);
  });

  it('sees names as a Viewer, and opens and changes nothing', async () => {
    const promptId = await savedByPage(contents.freeform, 'Seen');
    const viewer = await watsonxOfViewer(server.url, ada, projectId);
    const seen = await viewer.listPrompts({ projectId });
    expect(seen.result.results?.map(({ metadata }) => metadata.name)).toContain('Seen');
    const prompt = { model_id: MODEL, data: {} };
    for (const call of [
      () => viewer.getPrompt({ promptId, projectId }),
      () => viewer.getPromptInput({ promptId, projectId }),
      () => viewer.updatePrompt({ promptId, projectId, name: 'Mine', prompt }),
      () => viewer.createPrompt({ projectId, name: 'Mine', prompt }),
      () => viewer.deletePrompt({ promptId, projectId }),
    ]) {
      const { status, result } = await failureOf(call());
      expect(status).toBe(403);
      expect(result.errors?.[0]?.code).toBe('user_authorization_failed');
    }
  });
});
