import { beforeEach, describe, expect, it } from 'vitest';
import { decodingParameters, messagesOfChat, type PromptContent, promptContent } from '../../contract/app/index.ts';
import type { AssetService } from '../assets/index.ts';
import { createMemoryAssetsRoom } from '../assets/testing.ts';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Actor, Confidential, newId, silentLogger, systemClock } from '../core/index.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryStorage } from '../storage/testing.ts';
import { createPromptTemplates, type PromptTemplateService } from './prompt-template-service.ts';

const actor: Actor = { userId: newId(), accountId: newId(), via: 'login-session' };
const projectId = newId();
const parameters = decodingParameters.parse({ decodingMethod: 'sample', maxNewTokens: 20, stopSequences: ['\n'] });
const [question, answer, otherAnswer] = [newId(), newId(), newId()];
const freeform: PromptContent = {
  mode: 'freeform',
  modelId: 'huggingfacetb/smollm2-135m-instruct',
  parameters,
  variables: [{ name: 'text', defaultValue: 'naïve' }],
  guardrails: {},
  text: 'Summarise: {text} café 🙂 \u2028',
};
const structured: PromptContent = {
  mode: 'structured',
  modelId: 'ibm/granite-4.0-350m',
  parameters,
  variables: [{ name: 'text', defaultValue: '' }],
  guardrails: { personalData: { input: 'mask' } },
  instruction: 'Classify',
  inputPrefix: 'Input:',
  outputPrefix: 'Output:',
  examples: [{ input: 'good', output: 'positive' }],
  input: '{text}',
};
const chat: PromptContent = {
  mode: 'chat',
  modelId: 'ibm/granite-4.0-350m',
  parameters: { ...parameters, stopSequences: [], randomSeed: 7 },
  variables: [],
  guardrails: {},
  system: 'Be short',
  turns: [
    { id: question, parentId: null, role: 'user', content: 'Hello' },
    { id: answer, parentId: question, role: 'assistant', content: 'The output, saved too' },
    { id: otherAnswer, parentId: question, role: 'assistant', content: 'Made again' },
  ],
  leafId: otherAnswer,
};

describe('prompt templates', () => {
  let assets: AssetService;
  let templates: PromptTemplateService;

  let audit: RecordingAudit;

  beforeEach(() => {
    audit = createRecordingAudit();
    const storage = createMemoryStorage({ keys: createMemoryKeys().service });
    const room = createMemoryAssetsRoom({
      authorize: async () => {},
      audit,
      storage,
      clock: systemClock,
      logger: silentLogger,
    });
    assets = room.service;
    templates = createPromptTemplates({ assets, parts: room.parts, locks: room.locks });
  });

  const save = (content: PromptContent, name = 'mine') =>
    templates.save(actor, projectId, { name, description: 'about it', content: Confidential.of(content) });

  for (const content of [freeform, structured, chat]) {
    it(`come back as they were saved (${content.mode})`, async () => {
      const saved = await save(content);
      const template = await templates.get(actor, projectId, saved.id);
      expect(template.content.reveal('write-response')).toEqual(content);
      expect(template).toMatchObject({ id: saved.id, name: 'mine', description: 'about it', projectId });
      expect(JSON.stringify(template)).toContain('[confidential]');
    });
  }

  it('are listed, found by name, renamed, replaced and deleted', async () => {
    const [one, two] = [await save(freeform, 'Summary'), await save(chat, 'Talk')];
    expect((await templates.list(actor, projectId, {})).items.map(({ id }) => id).sort()).toEqual(
      [one.id, two.id].sort(),
    );
    expect((await templates.list(actor, projectId, { query: 'summ' })).items.map(({ id }) => id)).toEqual([one.id]);
    expect(await templates.change(actor, projectId, one.id, { name: 'New' })).toMatchObject({ name: 'New' });
    await templates.change(actor, projectId, one.id, { content: Confidential.of(chat) });
    expect((await templates.get(actor, projectId, one.id)).content.reveal('write-response')).toEqual(chat);
    await templates.delete(actor, projectId, one.id);
    await expect(templates.get(actor, projectId, one.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are not what an asset of another type is', async () => {
    const content = Confidential.of<Uint8Array>(Buffer.from('{}'));
    const other = await assets.create(actor, projectId, { type: 'notebook', name: 'n', description: '', content });
    const refused = { code: 'not-found' };
    await expect(templates.get(actor, projectId, other.id)).rejects.toMatchObject(refused);
    expect(audit.events.map(({ action }) => action)).not.toContain('asset.open');
    await expect(templates.change(actor, projectId, other.id, { name: 'x' })).rejects.toMatchObject(refused);
    await expect(templates.delete(actor, projectId, other.id)).rejects.toMatchObject(refused);
    expect((await templates.list(actor, projectId, {})).items).toEqual([]);
    expect(await assets.get(actor, projectId, other.id)).toEqual(other);
  });

  it('that version 1 saved open, as one branch', async () => {
    const opened = async (content: object) => {
      const bytes = Confidential.of<Uint8Array>(Buffer.from(JSON.stringify({ schemaVersion: 1, content })));
      const asset = { type: 'prompt-template', name: 'n', description: '', content: bytes };
      const { id } = await assets.create(actor, projectId, asset);
      return (await templates.get(actor, projectId, id)).content.reveal('write-response');
    };
    const old = {
      modelId: 'm',
      parameters: {
        decodingMethod: 'greedy',
        maxNewTokens: 20,
        minNewTokens: 0,
        temperature: 0.7,
        topK: 50,
        topP: 1,
        repetitionPenalty: 1,
        stopSequences: [],
      },
    };
    const shared = {
      modelId: 'm',
      parameters: decodingParameters.parse({ maxNewTokens: 20 }),
      variables: [],
      guardrails: {},
    };
    expect(await opened({ ...old, mode: 'freeform', text: 'a {b}' })).toEqual({
      ...shared,
      mode: 'freeform',
      text: 'a {b}',
    });
    const talk = await opened({
      ...old,
      mode: 'chat',
      messages: [
        { role: 'system', content: 'Be kind' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
      ],
    });
    if (talk.mode !== 'chat') expect.fail(talk.mode);
    expect(messagesOfChat(talk)).toEqual([
      { role: 'system', content: 'Be kind' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
    ]);
    expect(promptContent.parse(talk)).toEqual(talk);
  });

  it('of a shape that this version does not know are refused, and nothing of them is in the error', async () => {
    const shapes = [
      'canary and no JSON',
      '{"schemaVersion":3,"content":"canary"}',
      '{"schemaVersion":2,"content":"canary"}',
      '{"schemaVersion":1,"content":{"mode":"freeform","text":"canary"}}',
      JSON.stringify({ schemaVersion: 2, content: { ...freeform, text: 'canary', more: 1 } }),
      JSON.stringify({ schemaVersion: 2, content: { ...chat, system: 'canary', leafId: newId() } }),
      Buffer.from([0xff, 0xfe]),
    ];
    for (const shape of shapes) {
      const content = Confidential.of<Uint8Array>(Buffer.from(shape));
      const asset = { type: 'prompt-template', name: 'n', description: '', content };
      const { id } = await assets.create(actor, projectId, asset);
      const error = await templates.get(actor, projectId, id).then(
        () => expect.fail('it was read'),
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'failed-precondition', details: { reason: 'content-not-readable' } });
      expect(error).not.toHaveProperty('cause');
      expect(String(error)).not.toContain('canary');
    }
  });
});
