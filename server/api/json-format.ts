/** How watsonx's chat and OpenAI's API ask for JSON: `response_format`, and vLLM's `guided_json`. */
import { z } from 'zod';
import { Confidential, invalidField } from '../core/index.ts';
import { anyJsonObject, type JsonShape, readJsonSchema } from '../inference/index.ts';

export const jsonFormatFields = {
  response_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z.string().max(64).optional(),
          description: z.string().optional(),
          strict: z.boolean().nullish(),
          schema: z.looseObject({}),
        }),
      }),
    ])
    .nullish(),
  guided_json: z.union([z.looseObject({}), z.string()], 'must be a JSON Schema, or its text').nullish(),
};

/**
 * @returns the shape of JSON that the answer must have; undefined for any text.
 * @throws AppError `invalid-argument` for a schema that cannot be followed, or two of them.
 */
export function jsonShapeOf({
  response_format: format,
  guided_json: guided,
}: z.infer<z.ZodObject<typeof jsonFormatFields>>): Confidential<JsonShape> | undefined {
  const isJson = format != null && format.type !== 'text';
  if (guided != null) {
    if (isJson) throw invalidField('guided_json', 'give response_format or guided_json, not both');
    return Confidential.of(readJsonSchema(guided, 'guided_json'));
  }
  if (!isJson) return undefined;
  return Confidential.of(
    format.type === 'json_object'
      ? anyJsonObject
      : readJsonSchema(format.json_schema.schema, 'response_format.json_schema.schema'),
  );
}
