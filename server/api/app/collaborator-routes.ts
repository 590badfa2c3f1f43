import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  bucketGrant,
  bucketGrantList,
  type BucketGrant as ContractBucketGrant,
  type Collaborator as ContractCollaborator,
  candidateList,
  candidateSearchRequest,
  collaborator,
  collaboratorList,
  grantedBucketList,
  putBucketGrantRequest,
  putCollaboratorRequest,
} from '../../../contract/app/index.ts';
import type { BucketGrant, Collaborator } from '../../projects/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Collaborators'];
const inProject = z.object({ projectId: z.string() });
const onePerson = inProject.extend({ userId: z.string() });

/** Who has a role in a project, and who was granted its bucket. */
export function collaboratorRoutes(
  { collaborators, bucketGrants }: ApiServices,
  credentials: Credentials,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/collaborators',
      { schema: { tags, summary: 'List who is in a project', params: inProject, response: { 200: collaboratorList } } },
      async (request) => {
        const listed = await collaborators.list(await credentials.actorOf(request), request.params.projectId);
        return { items: listed.map(toCollaborator) };
      },
    );

    app.post(
      '/projects/:projectId/candidates/search',
      {
        schema: {
          tags,
          summary: 'Look for people and service IDs of the account who are not in the project, by name or e-mail',
          params: inProject,
          body: candidateSearchRequest,
          response: { 200: candidateList },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return { items: [...(await collaborators.listCandidates(actor, request.params.projectId, request.body.q))] };
      },
    );

    app.put(
      '/projects/:projectId/collaborators/:userId',
      {
        schema: {
          tags,
          summary: 'Add somebody to a project, or change their role',
          params: onePerson,
          body: putCollaboratorRequest,
          response: { 200: collaborator },
        },
      },
      async (request) => {
        const { projectId, userId } = request.params;
        const actor = await credentials.actorOf(request);
        return toCollaborator(await collaborators.put(actor, projectId, userId, request.body.role));
      },
    );

    app.delete(
      '/projects/:projectId/collaborators/:userId',
      {
        schema: {
          tags,
          summary: 'Take somebody out of a project, or leave it',
          params: onePerson,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, userId } = request.params;
        await collaborators.remove(await credentials.actorOf(request), projectId, userId);
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/buckets',
      { schema: { tags, summary: 'List the buckets that you were granted', response: { 200: grantedBucketList } } },
      async (request) => ({ items: [...(await bucketGrants.listGranted(await credentials.actorOf(request)))] }),
    );

    app.get(
      '/projects/:projectId/bucket/grants',
      {
        schema: {
          tags,
          summary: 'List who was granted the bucket',
          params: inProject,
          response: { 200: bucketGrantList },
        },
      },
      async (request) => {
        const listed = await bucketGrants.list(await credentials.actorOf(request), request.params.projectId);
        return { items: listed.map(toBucketGrant) };
      },
    );

    app.put(
      '/projects/:projectId/bucket/grants/:userId',
      {
        schema: {
          tags,
          summary: 'Grant somebody the bucket, or change their access',
          params: onePerson,
          body: putBucketGrantRequest,
          response: { 200: bucketGrant },
        },
      },
      async (request) => {
        const { projectId, userId } = request.params;
        const actor = await credentials.actorOf(request);
        return toBucketGrant(await bucketGrants.put(actor, projectId, userId, request.body.access));
      },
    );

    app.delete(
      '/projects/:projectId/bucket/grants/:userId',
      {
        schema: {
          tags,
          summary: 'Take a grant of the bucket away, or give it back',
          params: onePerson,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { projectId, userId } = request.params;
        await bucketGrants.remove(await credentials.actorOf(request), projectId, userId);
        return reply.code(204).send(null);
      },
    );
  };
}

function toCollaborator({ createdAt, ...rest }: Collaborator): ContractCollaborator {
  return { ...rest, createdAt: createdAt.toISOString() };
}

function toBucketGrant({ createdAt, ...rest }: BucketGrant): ContractBucketGrant {
  return { ...rest, createdAt: createdAt.toISOString() };
}
