import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Model } from '../../../contract/app/index.ts';
import { invalidField } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';

const specsQuery = z.object({
  version: z
    .string({ error: 'is required, as ?version=YYYY-MM-DD' })
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, YYYY-MM-DD'),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  start: z
    .string()
    .regex(/^\d{1,6}$/, 'is not a page of this list')
    .optional(),
  filters: z.string().max(1000).optional(),
});

/** `GET /ml/v1/foundation_model_specs`: the models that can be used now. IBM lists these without a credential, Cloister does not. */
export function foundationModelRoutes({ models }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  return async (app) => {
    app.get('/ml/v1/foundation_model_specs', { schema: { hide: true } }, async (request) => {
      const actor = await credentials.actorOf(request);
      const { limit, start, filters } = parseRequest(specsQuery, request.query);
      const matches = filters === undefined ? () => true : readFilters(filters);
      const specs = (await models.list(actor))
        .filter(({ installation }) => installation.state === 'available')
        .filter(matches)
        .map(toSpec);
      const first = Number(start ?? 0);
      const hasMore = first + limit < specs.length;
      return {
        total_count: specs.length,
        limit,
        first: { href: '/ml/v1/foundation_model_specs' },
        ...(hasMore
          ? { next: { href: `/ml/v1/foundation_model_specs?start=${first + limit}`, start: String(first + limit) } }
          : {}),
        resources: specs.slice(first, first + limit),
      };
    });
  };
}

/** IBM's price classes; nothing costs anything here. */
const TIER = 'class_1';

function toSpec(model: Model) {
  return {
    model_id: model.modelId,
    label: model.label,
    provider: model.publisher,
    source: model.publisher,
    short_description: model.description,
    long_description: `${model.description} Licence: ${model.licence}. Runs ${model.runsOn}.`,
    functions: model.functions.map((id) => ({ id })),
    tasks: model.tasks.map((id) => ({ id })),
    task_ids: model.tasks,
    input_tier: TIER,
    output_tier: TIER,
    number_params: model.parameterCount ?? '',
    model_limits: { max_sequence_length: model.contextLength, max_output_tokens: model.contextLength },
    lifecycle: lifecycleStates(model),
  };
}

/** The stages that the model has reached or will reach, with the day of each. */
function lifecycleStates({ lifecycle, availableOn, deprecatedOn, withdrawnOn }: Model) {
  const stages = [
    { id: 'available', day: availableOn },
    { id: 'deprecated', day: deprecatedOn },
    { id: 'withdrawn', day: withdrawnOn },
  ];
  return stages
    .filter(({ id, day }) => day !== null || id === 'available' || id === lifecycle)
    .map(({ id, day }) => (day === null ? { id } : { id, start_date: day }));
}

const FIELDS: Readonly<Record<string, (model: Model) => readonly string[]>> = {
  modelid: ({ modelId }) => [modelId],
  provider: ({ publisher }) => [publisher],
  source: ({ publisher }) => [publisher],
  input_tier: () => [TIER],
  output_tier: () => [TIER],
  tier: () => [TIER],
  task: ({ tasks }) => tasks,
  lifecycle: ({ lifecycle }) => [lifecycle],
  function: ({ functions }) => functions,
};

/** `function_text_chat,!lifecycle_withdrawn:and`: terms `<field>_<value>`, `!` negates, `:or` at the end joins by or instead of and. */
function readFilters(text: string): (model: Model) => boolean {
  const [, list = '', mode] = /^(.*?)(?::(and|or))?$/.exec(text) ?? [];
  const terms = list.split(',').filter(Boolean).map(readTerm);
  return (model) => (mode === 'or' ? terms.some((term) => term(model)) : terms.every((term) => term(model)));
}

function readTerm(term: string): (model: Model) => boolean {
  const isNegated = term.startsWith('!');
  const name = isNegated ? term.slice(1) : term;
  const field = Object.keys(FIELDS)
    .sort((one, other) => other.length - one.length)
    .find((known) => name.startsWith(`${known}_`));
  if (field === undefined)
    throw invalidField('filters', `a term must begin with one of ${Object.keys(FIELDS).join(', ')} and an underscore`);
  const wanted = name.slice(field.length + 1).toLowerCase();
  return (model) => (FIELDS[field]?.(model) ?? []).some((value) => value.toLowerCase() === wanted) !== isNegated;
}
