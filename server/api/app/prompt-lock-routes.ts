import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { giveLockBackQuery, type promptLock, promptLockState, takeLockRequest } from '../../../contract/app/index.ts';
import type { AssetLock } from '../../assets/index.ts';
import type { Actor } from '../../core/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Prompt templates'];
const params = z.object({ projectId: z.string(), templateId: z.string() });

/** Who edits a saved prompt: one editor at a time, for a minute after each renewal. */
export function promptLockRoutes({ promptTemplates }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/prompt-templates/:templateId/lock',
      { schema: { tags, summary: 'Who edits a saved prompt', params, response: { 200: promptLockState } } },
      async (request) => {
        const { projectId, templateId } = request.params;
        const actor = await credentials.actorOf(request);
        const lock = await promptTemplates.getLock(actor, projectId, templateId);
        return lock === undefined ? {} : { lock: toLock(lock, actor) };
      },
    );

    app.put(
      '/projects/:projectId/prompt-templates/:templateId/lock',
      {
        schema: {
          tags,
          summary: 'Take the lock of a saved prompt, renew it, or take it over',
          params,
          body: takeLockRequest,
          response: { 200: promptLockState },
        },
      },
      async (request) => {
        const { projectId, templateId } = request.params;
        const actor = await credentials.actorOf(request);
        return { lock: toLock(await promptTemplates.takeLock(actor, projectId, templateId, request.body), actor) };
      },
    );

    app.delete(
      '/projects/:projectId/prompt-templates/:templateId/lock',
      {
        schema: {
          tags,
          summary: 'Give the lock of a saved prompt back',
          params,
          querystring: giveLockBackQuery,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, templateId } = request.params;
        const actor = await credentials.actorOf(request);
        await promptTemplates.giveLockBack(actor, projectId, templateId, request.query.editorId);
        return reply.code(204).send(null);
      },
    );
  };
}

/** An editor's id is its key to the lock, so it is told to nobody else. */
function toLock(lock: AssetLock, actor: Actor): z.infer<typeof promptLock> {
  const { heldBy, userId, editorId, takenAt, expiresAt } = lock;
  const isYours = userId === actor.userId;
  return {
    heldBy,
    isYours,
    ...(isYours ? { editorId } : {}),
    takenAt: takenAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
  };
}
