import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { AssetLock } from '../../assets/index.ts';
import type { Credentials } from '../credentials.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { inProject, onePrompt } from './prompt-shapes.ts';

/**
 * IBM's calls name no editor, so that all programs of one person are one. It is no secret: only the person who holds a lock is asked for
 * the editor too.
 */
export const PROGRAMS_EDITOR = 'c10157e2-0000-4000-8000-000000000000';

export const lockRequest = z.strictObject({
  locked: z.boolean(),
  lock_type: z.literal('edit', 'must be edit; governance is not supported by this version of Cloister').optional(),
  /** Computed by the server. */
  locked_by: z.string().max(200).optional(),
});
const lockQuery = inProject.extend({ force: z.enum(['true', 'false']).default('false') });

/** `/wx/v1/prompts/{id}/lock`. Programs do not renew a lock: it stays until it is given back, or somebody takes it over with `force`. */
export function promptLockRoutes({ promptTemplates }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  return async (app) => {
    app.get('/wx/v1/prompts/:promptId/lock', { schema: { hide: true } }, async (request) => {
      const actor = await credentials.actorOf(request);
      const { project_id: projectId } = parseRequest(inProject, request.query);
      return toLock(await promptTemplates.getLock(actor, projectId, onePrompt.parse(request.params).promptId));
    });

    app.put('/wx/v1/prompts/:promptId/lock', { schema: { hide: true } }, async (request) => {
      const actor = await credentials.actorOf(request);
      const { project_id: projectId, force } = parseRequest(lockQuery, request.query);
      const { locked } = parseRequest(lockRequest, request.body);
      const { promptId } = onePrompt.parse(request.params);
      // What somebody else holds is not given back either, so it is taken first in both cases.
      const taken = await promptTemplates.takeLock(actor, projectId, promptId, {
        editorId: PROGRAMS_EDITOR,
        lasts: 'until-given-back',
        force: force === 'true',
      });
      if (locked) return toLock(taken);
      await promptTemplates.giveLockBack(actor, projectId, promptId, PROGRAMS_EDITOR);
      return toLock(undefined);
    });
  };
}

export function toLock(lock: AssetLock | undefined): object {
  return lock === undefined ? { locked: false } : { locked: true, lock_type: lock.lockType, locked_by: lock.heldBy };
}
