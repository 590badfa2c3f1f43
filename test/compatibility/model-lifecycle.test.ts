/** Models that go, over real HTTP on each surface. The days are a catalogue's of this test; the model is the fake. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryEngine, testCatalogueEntry } from '../../server/inference/testing.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

/** The clock of the server stands on 2026-01-01. */
const deprecated = { availableOn: '2025-06-01', deprecatedOn: '2026-01-01', withdrawnOn: '2026-01-02' };
const withdrawn = { availableOn: '2025-06-01', deprecatedOn: null, withdrawnOn: '2025-12-31' };
const messages = [{ role: 'user', content: 'x' }];

let server: InProcess;

beforeAll(async () => {
  const bytes = new Uint8Array(1);
  server = await startInProcess(createMemoryEngine(), [
    { ...testCatalogueEntry(bytes, 'memory/chat'), lifecycle: deprecated },
    { ...testCatalogueEntry(bytes, 'memory/text'), lifecycle: withdrawn },
  ]);
});
afterAll(() => server?.close());

async function ask(path: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(server.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const inWatsonx = (call: string, model: string, body: object) =>
  ask(`/ml/v1/text/${call}?version=2025-02-11`, { model_id: model, project_id: server.projectId, ...body });

it('a deprecated model answers watsonx with a warning that names its days', async () => {
  const warning = {
    id: 'deprecation_warning',
    message:
      'The model "memory/chat" is deprecated since 2026-01-01 and will be withdrawn on 2026-01-02. Choose another in time.',
  };
  for (const [call, body] of [
    ['generation', { input: 'x' }],
    ['chat', { messages, max_tokens: 2 }],
  ] as const) {
    const { status, text } = await inWatsonx(call, 'memory/chat', body);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ system: { warnings: [warning] } });
    const stream = await inWatsonx(`${call}_stream`, 'memory/chat', body);
    expect(JSON.parse(/^data: (.*)$/m.exec(stream.text)?.[1] ?? '')).toMatchObject({ system: { warnings: [warning] } });
  }
});

it('a withdrawn model is refused by its name on each surface', async () => {
  const answers = [
    await inWatsonx('generation', 'memory/text', { input: 'x' }),
    await inWatsonx('generation_stream', 'memory/text', { input: 'x' }),
    await ask('/v1/completions', { model: 'memory/text', prompt: 'x' }),
    await ask(`/api/v1/projects/${server.projectId}/generate`, {
      modelId: 'memory/text',
      prompt: { mode: 'freeform', text: 'x' },
    }),
  ];
  for (const { status, text } of answers) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(JSON.parse(text))).toContain('\\"memory/text\\" was withdrawn on 2025-12-31');
  }
  expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({
    errors: [{ code: 'model_no_longer_supported', target: { name: 'model_id' } }],
  });
});

it('the list of models tells the days', async () => {
  const { items } = JSON.parse((await ask('/api/v1/models')).text);
  expect(items).toMatchObject([
    { modelId: 'memory/chat', lifecycle: 'deprecated', ...deprecated },
    { modelId: 'memory/text', lifecycle: 'withdrawn', ...withdrawn },
  ]);
});
