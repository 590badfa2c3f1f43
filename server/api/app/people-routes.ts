import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type CreatedLink as ContractCreatedLink,
  type Person as ContractPerson,
  changePersonRequest,
  createdLink,
  createInvitationRequest,
  invitationList,
  person,
  personList,
} from '../../../contract/app/index.ts';
import type { CreatedLink, Person } from '../../identity/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['People'];
const params = z.object({ personId: z.string() });

/** The people of the account, and the invitations to it. */
export function peopleRoutes({ people }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/people',
      { schema: { tags, summary: 'List the people of the account', response: { 200: personList } } },
      async (request) => ({ items: (await people.list(await credentials.actorOf(request))).map(toPerson) }),
    );

    app.patch(
      '/people/:personId',
      {
        schema: {
          tags,
          summary: 'Change a role, suspend or resume somebody',
          params,
          body: changePersonRequest,
          response: { 200: person },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return toPerson(await people.change(actor, request.params.personId, withoutUndefined(request.body)));
      },
    );

    app.delete(
      '/people/:personId',
      { schema: { tags, summary: 'Remove somebody from the account', params, response: { 204: z.null() } } },
      async (request, reply) => {
        await people.remove(await credentials.actorOf(request), request.params.personId);
        return reply.code(204).send(null);
      },
    );

    app.delete(
      '/people/:personId/sessions',
      { schema: { tags, summary: 'Sign somebody out everywhere', params, response: { 204: z.null() } } },
      async (request, reply) => {
        await people.endSessions(await credentials.actorOf(request), request.params.personId);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/people/:personId/password-reset',
      {
        schema: {
          tags,
          summary: 'Make a link by which somebody sets a new password',
          params,
          response: { 201: createdLink },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        return reply.code(201).send(toCreatedLink(await people.createPasswordReset(actor, request.params.personId)));
      },
    );

    app.post(
      '/people/:personId/second-factor-reset',
      {
        schema: { tags, summary: "Take somebody's second factors away", params, response: { 204: z.null() } },
      },
      async (request, reply) => {
        await people.resetSecondFactor(await credentials.actorOf(request), request.params.personId);
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/invitations',
      { schema: { tags, summary: 'List invitations that wait', response: { 200: invitationList } } },
      async (request) => ({
        items: (await people.listInvitations(await credentials.actorOf(request))).map(
          ({ createdAt, expiresAt, ...invitation }) => ({
            ...invitation,
            createdAt: createdAt.toISOString(),
            expiresAt: expiresAt.toISOString(),
          }),
        ),
      }),
    );

    app.post(
      '/invitations',
      {
        schema: { tags, summary: 'Invite somebody', body: createInvitationRequest, response: { 201: createdLink } },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        return reply.code(201).send(toCreatedLink(await people.invite(actor, request.body)));
      },
    );

    app.delete(
      '/invitations/:invitationId',
      {
        schema: {
          tags,
          summary: 'Revoke an invitation',
          params: z.object({ invitationId: z.string() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await people.revokeInvitation(await credentials.actorOf(request), request.params.invitationId);
        return reply.code(204).send(null);
      },
    );
  };
}

/** A link as the contract writes it. */
export function toCreatedLink({ link, expiresAt, wasSent }: CreatedLink): ContractCreatedLink {
  return { link: link.expose(), expiresAt: expiresAt.toISOString(), wasSent };
}

function toPerson({ secondFactors, createdAt, ...rest }: Person): ContractPerson {
  return { ...rest, secondFactors: [...secondFactors], createdAt: createdAt.toISOString() };
}
