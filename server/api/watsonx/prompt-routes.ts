import { isDeepStrictEqual } from 'node:util';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  assemblePrompt,
  description,
  displayName,
  MAX_PROMPT_CHARACTERS,
  type PromptContent,
  promptInputOf,
  type VariableValues,
  valuesOf,
  variableValues,
} from '../../../contract/app/index.ts';
import type { AssetLock } from '../../assets/index.ts';
import { type Actor, AppError, Confidential, invalidField } from '../../core/index.ts';
import type { PromptTemplate, PromptTemplateSummary } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { lockRequest, PROGRAMS_EDITOR, toLock } from './prompt-lock-routes.ts';
import {
  chatItem,
  inProject,
  inputMode,
  onePrompt,
  promptVariables,
  readPrompt,
  watsonxPrompt,
  withMore,
  writeMode,
  writePrompt,
} from './prompt-shapes.ts';

const isFalse = (why: string) => z.literal(false, why).optional();
/** What IBM's shape has for its own tracking changes no answer: it is read and not kept, see `docs/reference/watsonx-prompts.md`. */
const notKept = {
  id: z.string().max(200).optional(),
  created_at: z.number().optional(),
  task_ids: z.array(z.string().max(200)).max(100).optional(),
  model_version: z
    .strictObject({ number: z.string().optional(), tag: z.string().optional(), description: z.string().optional() })
    .optional(),
  is_template: z.boolean().optional(),
  governance_tracked: isFalse('governance is not supported by this version of Cloister'),
};
const optional = {
  input_mode: inputMode.optional(),
  prompt_variables: promptVariables.optional(),
};
const createRequest = z.strictObject({
  name: displayName,
  description: description.default(''),
  prompt: watsonxPrompt,
  ...optional,
  ...notKept,
  lock: lockRequest.optional(),
});
const changeRequest = z
  .strictObject({
    name: displayName.optional(),
    description: description.optional(),
    prompt: watsonxPrompt.optional(),
    ...optional,
    ...notKept,
  })
  .refine((change) => Object.keys(change).length > 0, 'name, description or prompt is needed');
const inputRequest = z.strictObject({
  input: z.string().max(MAX_PROMPT_CHARACTERS).optional(),
  prompt_variables: variableValues.default({}),
});
const getQuery = inProject.extend({ restrict_model_parameters: z.enum(['true', 'false']).optional() });

type Asked = { readonly actor: Actor; readonly projectId: string; readonly promptId: string };

/** `/wx/v1/prompts…`: the prompt templates of a project, by the shapes of IBM's SDK. */
export function promptRoutes({ promptTemplates }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  async function read(request: FastifyRequest): Promise<Asked> {
    const actor = await credentials.actorOf(request);
    const { project_id: projectId } = parseRequest(inProject, request.query);
    return { actor, projectId, promptId: onePrompt.parse(request.params).promptId };
  }
  const open = ({ actor, projectId, promptId }: Asked) => promptTemplates.get(actor, projectId, promptId);
  const lockOf = ({ actor, projectId, promptId }: Asked) => promptTemplates.getLock(actor, projectId, promptId);
  const lockNew = (actor: Actor, { projectId, id }: PromptTemplateSummary) =>
    promptTemplates.takeLock(actor, projectId, id, { editorId: PROGRAMS_EDITOR, lasts: 'until-given-back' });

  return async (app) => {
    app.post('/wx/v1/prompts', { schema: { hide: true } }, async (request, reply) => {
      const actor = await credentials.actorOf(request);
      const { project_id: projectId } = parseRequest(inProject, request.query);
      const body = parseRequest(createRequest, request.body);
      const content = contentOf(body);
      const { name, description: about } = body;
      const saved = await promptTemplates.save(actor, projectId, {
        name,
        description: about,
        content: Confidential.of(content),
      });
      const lock = body.lock?.locked === true ? await lockNew(actor, saved) : undefined;
      return reply.code(201).send(toResponse(saved, content, { lock }));
    });

    app.get('/wx/v1/prompts/:promptId', { schema: { hide: true } }, async (request) => {
      const asked = await read(request);
      const { restrict_model_parameters: restrict } = parseRequest(getQuery, request.query);
      const template = await open(asked);
      return toResponse(template, contentIn(template), {
        lock: await lockOf(asked),
        isRestricted: restrict === 'true',
      });
    });

    app.patch('/wx/v1/prompts/:promptId', { schema: { hide: true } }, async (request) => {
      const asked = await read(request);
      const body = parseRequest(changeRequest, request.body);
      const template = await open(asked);
      const before = contentIn(template);
      const content = changed(before, body);
      const { name, description: about } = body;
      // IBM's SDK sends the prompt also to rename it, which a lock does not hinder and which makes no version.
      const isRenamed = isDeepStrictEqual(content, before) && (name ?? about) !== undefined;
      const change = {
        ...withoutUndefined({ name, description: about }),
        ...(isRenamed ? {} : save(template, content)),
      };
      const saved = await promptTemplates.change(asked.actor, asked.projectId, asked.promptId, change);
      return toResponse(saved, content, { lock: await lockOf(asked) });
    });

    app.delete('/wx/v1/prompts/:promptId', { schema: { hide: true } }, async (request, reply) => {
      const { actor, projectId, promptId } = await read(request);
      await promptTemplates.delete(actor, projectId, promptId);
      return reply.code(204).send();
    });

    app.post('/wx/v1/prompts/:promptId/input', { schema: { hide: true } }, async (request) => {
      const asked = await read(request);
      const { input, prompt_variables: values } = parseRequest(inputRequest, request.body);
      return { input: inputOf(contentIn(await open(asked)), input, values) };
    });

    app.post('/wx/v1/prompts/:promptId/chat_items', { schema: { hide: true } }, async (request, reply) => {
      const asked = await read(request);
      const items = parseRequest(z.array(chatItem).min(1), request.body);
      const template = await open(asked);
      const content = contentIn(template);
      if (content.mode !== 'chat') throw invalidField('chat_items', 'has a place in a prompt of input_mode chat only');
      const change = save(template, withMore(content, items));
      await promptTemplates.change(asked.actor, asked.projectId, asked.promptId, change);
      return reply.code(204).send();
    });
  };
}

/** Replaces what was read and nothing newer: of two programs that add to one chat, the later one is told to read it again. */
function save({ revision }: PromptTemplate, content: PromptContent) {
  return { content: Confidential.of(content), ifRevision: revision, editorId: PROGRAMS_EDITOR };
}

function contentIn({ content }: PromptTemplate): PromptContent {
  return content.reveal('write-response');
}

function contentOf(body: z.infer<typeof createRequest>): PromptContent {
  return withoutOutput({ prompt: body.prompt, mode: body.input_mode, variables: body.prompt_variables });
}

function changed(saved: PromptContent, body: z.infer<typeof changeRequest>): PromptContent {
  const { prompt, input_mode: mode, prompt_variables: variables } = body;
  if (prompt !== undefined) return withoutOutput({ prompt, mode, variables }, saved);
  if (mode !== undefined && mode !== saved.mode)
    throw invalidField('input_mode', 'another one needs the prompt in its shape, as "prompt"');
  return variables === undefined ? saved : { ...saved, variables };
}

/** A template keeps the output in chat mode only. */
function withoutOutput(...args: Parameters<typeof readPrompt>): PromptContent {
  const { content, output } = readPrompt(...args);
  if (output !== '')
    throw invalidField(
      'prompt.input',
      'a saved prompt keeps an output in input_mode chat only; a prompt session keeps it',
    );
  return content;
}

/** The text that is sent to the model: the saved prompt, or another input in its place, with the values in it. */
function inputOf(content: PromptContent, input: string | undefined, given: VariableValues): string {
  const known = new Set(content.variables.map(({ name }) => name));
  const other = Object.keys(given).find((name) => !known.has(name));
  if (other !== undefined) throw invalidField(`prompt_variables.${other}`, 'is not a variable of this prompt');
  const prompt = promptInputOf(content);
  const asked =
    input === undefined || prompt.mode === 'chat'
      ? prompt
      : { ...prompt, ...(prompt.mode === 'freeform' ? { text: input } : { input }) };
  const assembled = assemblePrompt(asked, valuesOf(content.variables, given));
  if (assembled.mode === 'freeform') return assembled.text;
  throw new AppError(
    'failed-precondition',
    'A chat has no input as one text. Send its chat_items as messages to /ml/v1/text/chat.',
    { details: { reason: 'prompt-is-chat' } },
  );
}

/** Times in milliseconds, as IBM writes them here. */
function toResponse(
  template: PromptTemplateSummary,
  content: PromptContent,
  { lock, isRestricted = false }: { readonly lock: AssetLock | undefined; readonly isRestricted?: boolean },
): object {
  const { id, name, description: about, createdAt, createdBy, updatedAt } = template;
  return {
    id,
    name,
    description: about,
    created_at: createdAt.getTime(),
    created_by: createdBy,
    last_updated_at: updatedAt.getTime(),
    lock: toLock(lock),
    ...writeMode(content),
    prompt: writePrompt(content, { isRestricted }),
  };
}
