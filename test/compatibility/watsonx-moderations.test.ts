/** `moderations` with IBM's official Node SDK, and guardrails of the app's API, against a real server with a real model. */
import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GenerationEvent, generationEvent } from '../../contract/app/index.ts';
import { testModelPath } from '../../server/inference/testing.ts';
import { appClient } from '../support/client.ts';
import { collect } from '../support/collect.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

const MODEL = 'huggingfacetb/smollm2-135m-instruct';
/** Nobody's address. The greedy model goes on with the same line, and these tokens are a few whole ones. */
const ADDRESS = 'canary@example.org';
const LINE = `"${ADDRESS}"\n`;
const LINES = 6;
const INPUT = LINE.repeat(LINES).trimEnd();
const parameters = { max_new_tokens: 26 };

let deployment: Deployment;
let apiKey: string;
let projectId: string;
let client: WatsonXAI;

beforeAll(async () => {
  deployment = await startDeployment({ modelFile: await testModelPath(), settings: { CLOISTER_LOG: 'stdout' } });
  apiKey = await createApiKey(deployment);
  projectId = (await appClient(deployment.url, apiKey).createProject('Guardrails')).id;
  const authenticator = new IamAuthenticator({ apikey: apiKey, url: deployment.url });
  client = WatsonXAI.newInstance({ version: '2025-02-11', serviceUrl: deployment.url, authenticator });
});
afterAll(() => deployment?.remove());

async function generate(moderations: WatsonXAI.Moderations, input = INPUT) {
  const { result } = await client.generateText({ modelId: MODEL, projectId, input, parameters, moderations });
  const [answer] = result.results;
  if (answer === undefined) throw new Error('there is no result');
  return { answer, warnings: result.system?.warnings ?? [] };
}

describe('moderations', () => {
  it('leaves an answer as it is that they ask nothing of', async () => {
    const { answer } = await generate({});
    expect(answer.generated_text).toContain(ADDRESS);
    expect(answer.moderations).toBeUndefined();
    const { answer: off } = await generate({ pii: { output: { enabled: false } } });
    expect(off).toEqual({ ...answer, seed: off.seed });
  });

  it('mask what they find in the answer, and quote it unless they are asked not to', async () => {
    const { answer: plain } = await generate({});
    const { answer, warnings } = await generate({ pii: { output: { enabled: true }, mask: {} } });
    expect(answer.generated_text).toBe(plain.generated_text.replaceAll(ADDRESS, '*'.repeat(ADDRESS.length)));
    expect(answer.stop_reason).toBe(plain.stop_reason);
    expect(warnings).toEqual([]);
    const found = answer.moderations?.pii ?? [];
    expect(found.length).toBeGreaterThan(0);
    for (const { position, ...finding } of found) {
      expect(finding).toEqual({ score: 1, input: false, entity: 'EmailAddress', word: ADDRESS });
      expect(plain.generated_text.slice(position.start, position.end)).toBe(ADDRESS);
    }
    const { answer: silent } = await generate({ pii: { output: {}, mask: { remove_entity_value: true } } });
    expect(silent.generated_text).toBe(answer.generated_text);
    expect(JSON.stringify(silent)).not.toContain('canary');
  });

  it('mask the input before the model reads it', async () => {
    const { answer } = await generate({ pii: { input: { enabled: true }, mask: { remove_entity_value: true } } });
    expect(answer.generated_text).not.toContain('canary');
    expect(answer.moderations?.pii).toHaveLength(LINES);
    expect(answer.moderations?.pii?.[0]).toEqual({
      score: 1,
      input: true,
      entity: 'EmailAddress',
      position: { start: INPUT.indexOf(ADDRESS), end: INPUT.indexOf(ADDRESS) + ADDRESS.length },
    });
  });

  it('refuse an input without a mask: no token is read, and a warning says so', async () => {
    const { answer, warnings } = await generate({ pii: { input: { enabled: true } } });
    expect(answer).toMatchObject({
      generated_text: '',
      stop_reason: 'error',
      generated_token_count: 0,
      input_token_count: 0,
    });
    expect(warnings).toMatchObject([{ id: 'UNSUITABLE_INPUT', message: expect.stringContaining('Unsuitable input') }]);
    expect(JSON.stringify(warnings)).not.toContain('canary');
  });

  it('end an answer at what has no mask', async () => {
    const { answer, warnings } = await generate({ pii: { output: { enabled: true } } });
    expect(answer.generated_text).not.toContain('canary');
    expect(answer.stop_reason).toBe('error');
    expect(answer.moderations?.pii).toHaveLength(1);
    expect(warnings).toMatchObject([{ id: 'UNSUITABLE_OUTPUT' }]);
  });

  it('look only at the ranges of the input that are given', async () => {
    const first = { start: 0, end: LINE.length };
    const { answer } = await generate({ pii: { input: {}, mask: {} }, input_ranges: [first] });
    expect(answer.moderations?.pii).toHaveLength(1);
    const none = await generate({ pii: { input: {}, mask: {} }, input_ranges: [] });
    expect(none.answer.moderations).toBeUndefined();
  });

  it('find hate, abuse and profanity from the threshold on', async () => {
    const hap = (threshold: number): WatsonXAI.Moderations => ({ hap: { input: { threshold }, mask: {} } });
    const input = 'The shit and the penis.';
    expect((await generate(hap(0.5), input)).answer.moderations?.hap).toEqual([
      { score: 0.9, input: true, entity: 'has_HAP', position: { start: 4, end: 8 }, word: 'shit' },
    ]);
    expect((await generate(hap(0.2), input)).answer.moderations?.hap).toHaveLength(2);
    expect((await generate(hap(1), input)).answer.moderations).toBeUndefined();
  });

  it('reads a mask for the input or the output alone, as the Prompt Lab of IBM writes it', async () => {
    const side = { enabled: true, threshold: 0.5, mask: { remove_entity_value: true } };
    const { answer } = await generate({ pii: { input: side, output: side }, hap: { input: side, output: side } });
    expect(answer.stop_reason).not.toBe('error');
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  it('go with the piece of a stream that they are of, and the text is the same', async () => {
    const moderations = { pii: { output: {}, mask: {} } };
    const { answer } = await generate(moderations);
    const events = await collect(
      await client.generateTextStream({
        modelId: MODEL,
        projectId,
        input: INPUT,
        parameters,
        moderations,
        returnObject: true,
      }),
    );
    const results = events.flatMap(({ data }) => data.results);
    expect(results.map(({ generated_text: text }) => text).join('')).toBe(answer.generated_text);
    expect(results.flatMap((result) => result.moderations?.pii ?? [])).toEqual(answer.moderations?.pii);
    for (const { generated_text: text, moderations: found } of results)
      expect(text.includes('***')).toBe(found !== undefined);
  });

  it('are refused together with the tokens of the answer, which spell it', async () => {
    const asked = client.generateText({
      modelId: MODEL,
      projectId,
      input: INPUT,
      parameters: { ...parameters, return_options: { generated_tokens: true } },
      moderations: { pii: { output: {} } },
    });
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('generated_tokens') });
  });
});

describe('guardrails of the app', () => {
  async function run(body: object): Promise<{ status: number; text: string; events: GenerationEvent[] }> {
    const response = await fetch(`${deployment.url}/api/v1/projects/${projectId}/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ modelId: MODEL, prompt: { mode: 'freeform', text: INPUT }, ...body }),
    });
    const text = await response.text();
    const lines = text.split('\n').filter((line) => line.startsWith('data: '));
    return {
      status: response.status,
      text,
      events: lines.map((line) => generationEvent.parse(JSON.parse(line.slice(6)))),
    };
  }

  it('tell what they found without the words, and the masked text', async () => {
    const { text, events } = await run({
      parameters: { maxNewTokens: 8 },
      guardrails: { personalData: { input: 'mask', output: 'mask' } },
    });
    expect(text).not.toContain('canary');
    expect(events.filter((event) => event.type === 'guardrail' && event.on === 'input')).toHaveLength(LINES);
    expect(events[0]).toEqual({
      type: 'guardrail',
      on: 'input',
      kind: 'personal-data',
      entity: 'EmailAddress',
      start: 1,
      end: 1 + ADDRESS.length,
      score: 1,
      action: 'mask',
    });
    expect(events.at(-1)).toMatchObject({ type: 'done' });
  });

  it('refuse an input, and end an answer', async () => {
    const refused = await run({ guardrails: { personalData: { input: 'block' } } });
    expect(refused.events.map(({ type }) => type)).toEqual([...Array<string>(LINES).fill('guardrail'), 'done']);
    expect(refused.events.at(-1)).toMatchObject({ stopReason: 'blocked', inputTokens: 0, outputTokens: 0 });
    const ended = await run({
      guardrails: { personalData: { output: 'block' } },
      parameters: { maxNewTokens: 26 },
    });
    expect(ended.text).not.toContain('canary');
    expect(ended.events.at(-1)).toMatchObject({ stopReason: 'blocked' });
    expect(ended.events.at(-1)).not.toMatchObject({ inputTokens: 0 });
  });

  it('cannot be had together with log probabilities of what they check', async () => {
    const guardrails = { personalData: { output: 'mask' } };
    const { status, text } = await run({ guardrails, parameters: { logProbabilities: 1 } });
    expect(status).toBe(400);
    expect(text).toContain('parameters.logProbabilities');
  });
});

it('nothing that was found is in the log or in the audit log', async () => {
  const listed = await deployment.cloister('audit', 'export');
  expect(listed.code).toBe(0);
  expect(listed.stdout).not.toContain('canary');
  // The requests are there, so what they held could be.
  expect(deployment.output()).toContain('/ml/v1/text/generation');
  expect(deployment.output()).not.toContain('canary');
});
