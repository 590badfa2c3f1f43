import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { cursor } from '../../../contract/app/index.ts';
import type { PromptTemplateSummary } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { inProject } from './prompt-shapes.ts';

const MOST_LISTED = 200;
const ALL_PROMPTS = 'asset.asset_type:wx_prompt';
const NEWEST_CHANGE_FIRST = '-asset.last_updated_at';
const notSupported = z.undefined({ error: 'is not supported by this version of Cloister' }).optional();

const searchRequest = z.strictObject({
  query: z
    .enum(['*:*', ALL_PROMPTS], `only ${ALL_PROMPTS} is supported by this version of Cloister`)
    .default(ALL_PROMPTS),
  /** "Any greater value is ignored" (IBM's SDK). */
  limit: z
    .int()
    .min(1)
    .transform((limit) => Math.min(limit, MOST_LISTED))
    .default(MOST_LISTED),
  bookmark: cursor,
  sort: z
    .literal(NEWEST_CHANGE_FIRST, `only ${NEWEST_CHANGE_FIRST} is supported by this version of Cloister`)
    .optional(),
  include: z.literal('entity', 'only "entity" is known').optional(),
  counts: notSupported,
  drilldown: notSupported,
});

/** `POST /v2/asset_types/wx_prompt/search`: the list of a project's prompts, as IBM's asset catalogue writes it. */
export function promptSearchRoute({ promptTemplates }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  return async (app) => {
    app.post('/v2/asset_types/wx_prompt/search', { schema: { hide: true } }, async (request) => {
      const actor = await credentials.actorOf(request);
      const { project_id: projectId } = parseRequest(inProject, request.query);
      const asked = parseRequest(searchRequest, request.body);
      const { limit, bookmark } = asked;
      const page = await promptTemplates.list(actor, projectId, withoutUndefined({ limit, cursor: bookmark }));
      return {
        results: page.items.map(toResult),
        ...(page.nextCursor === undefined ? {} : { next: { ...asked, bookmark: page.nextCursor } }),
      };
    });
  };
}

/** What is in a prompt is sealed, so `entity` is empty: it comes with the prompt itself. */
function toResult({
  id,
  projectId,
  name,
  description,
  createdAt,
  createdBy,
  updatedAt,
  sizeBytes,
}: PromptTemplateSummary) {
  return {
    metadata: {
      asset_id: id,
      asset_type: 'wx_prompt',
      project_id: projectId,
      name,
      description,
      size: sizeBytes,
      created_at: createdAt.toISOString(),
      usage: { last_updated_at: updatedAt.toISOString() },
      owner_id: createdBy,
    },
    entity: { wx_prompt: {} },
  };
}
