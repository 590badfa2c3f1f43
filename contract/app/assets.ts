import { z } from 'zod';
import { cursor, description, displayName, id, instant, wordsGoTo } from './common.ts';
import { chatMessage, decodingParameters, MAX_PROMPT_CHARACTERS, modelId } from './generation.ts';

/** What is sealed in the project's bucket when somebody saves a prompt as a template. In chat mode the model's output is saved too. */
export const promptTemplateContent = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('freeform'),
    modelId,
    parameters: decodingParameters,
    text: z.string().max(MAX_PROMPT_CHARACTERS),
  }),
  z.strictObject({
    mode: z.literal('chat'),
    modelId,
    parameters: decodingParameters,
    /** The turns, the assistant's (the output) among them. */
    messages: z.array(chatMessage).max(1000),
  }),
]);
export type PromptTemplateContent = z.infer<typeof promptTemplateContent>;

/** Metadata: in the database, seen by every collaborator of the project. */
export const promptTemplateSummary = z.strictObject({
  id,
  name: displayName,
  description,
  sizeBytes: z.int().describe('Size of the sealed object, bytes'),
  createdAt: instant,
  createdBy: z.string().describe('Name of the person'),
  updatedAt: instant,
});
export type PromptTemplateSummary = z.infer<typeof promptTemplateSummary>;

export const promptTemplate = promptTemplateSummary.extend({ content: promptTemplateContent });
export type PromptTemplate = z.infer<typeof promptTemplate>;

/** `POST /projects/{projectId}/prompt-templates` */
export const savePromptTemplateRequest = z.strictObject({
  name: displayName,
  description: description.default(''),
  content: promptTemplateContent,
});
/** `PATCH /projects/{projectId}/prompt-templates/{id}`: rename, describe, or replace the content. */
export const changePromptTemplateRequest = z
  .strictObject({
    name: displayName.optional(),
    description: description.optional(),
    content: promptTemplateContent.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name, description or content is needed');
/** `GET /projects/{projectId}/prompt-templates?limit=&cursor=`: newest change first. */
export const promptTemplateListQuery = z.strictObject(
  { limit: z.coerce.number().int().min(1).max(200).optional(), cursor },
  wordsGoTo('POST /api/v1/projects/{projectId}/prompt-templates/search'),
);
/** `POST /projects/{projectId}/prompt-templates/search`: the same list; `q` looks in names, descriptions and tags. */
export const promptTemplateSearchRequest = z.strictObject({
  limit: z.int().min(1).max(200).optional(),
  cursor,
  q: z.string().max(200).optional(),
});
export const promptTemplateList = z.strictObject({
  items: z.array(promptTemplateSummary),
  nextCursor: z.string().optional(),
});
