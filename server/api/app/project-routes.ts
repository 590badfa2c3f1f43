import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  changeProjectRequest,
  createProjectRequest,
  deletion,
  type Project,
  project,
  projectList,
} from '../../../contract/app/index.ts';
import type { ProjectOfActor } from '../../projects/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Projects'];
const params = z.object({ projectId: z.string() });

/** Projects. */
export function projectRoutes({ projects }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects',
      { schema: { tags, summary: 'List your projects', response: { 200: projectList } } },
      async (request) => ({
        items: (await projects.list(await credentials.actorOf(request))).map(toProject),
      }),
    );

    app.post(
      '/projects',
      { schema: { tags, summary: 'Create a project', body: createProjectRequest, response: { 201: project } } },
      async (request, reply) => {
        const created = await projects.create(await credentials.actorOf(request), request.body);
        return reply.code(201).send(toProject(created));
      },
    );

    app.get(
      '/projects/:projectId',
      { schema: { tags, summary: 'Get a project', params, response: { 200: project } } },
      async (request) => toProject(await projects.get(await credentials.actorOf(request), request.params.projectId)),
    );

    app.patch(
      '/projects/:projectId',
      {
        schema: {
          tags,
          summary: 'Rename or describe a project',
          params,
          body: changeProjectRequest,
          response: { 200: project },
        },
      },
      async (request) =>
        toProject(
          await projects.change(
            await credentials.actorOf(request),
            request.params.projectId,
            withoutUndefined(request.body),
          ),
        ),
    );

    app.delete(
      '/projects/:projectId',
      { schema: { tags, summary: 'Delete a project with everything in it', params, response: { 200: deletion } } },
      async (request) => ({
        receipt: await projects.delete(await credentials.actorOf(request), request.params.projectId),
      }),
    );
  };
}

function toProject({ id, name, description, role, createdAt }: ProjectOfActor): Project {
  return { id, name, description, role, createdAt: createdAt.toISOString() };
}
