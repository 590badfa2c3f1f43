import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Credentials } from '../credentials.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';

const oneProject = z.object({ projectId: z.string().max(500) });

/**
 * `GET /v2/projects/{project_id}`: a project as IBM's Watson Data API gives it, in the part that IBM's Python SDK reads. It asks for the
 * project before anything else (`Set.default_project` in `ibm_watsonx_ai`) and cannot be used without `entity.storage.type`.
 */
export function watsonxProjectRoutes({ projects }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  return async (app) => {
    app.get('/v2/projects/:projectId', { schema: { hide: true } }, async (request) => {
      const actor = await credentials.actorOf(request);
      const { projectId } = parseRequest(oneProject, request.params);
      const { id, name, description, createdAt } = await projects.get(actor, projectId);
      return {
        metadata: { guid: id, url: `/v2/projects/${id}`, created_at: createdAt.toISOString() },
        entity: { name, description, storage: { type: 'cloister_bucket' } },
      };
    });
  };
}
