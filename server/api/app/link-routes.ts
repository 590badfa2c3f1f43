import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  acceptInvitationRequest,
  linkPurpose,
  lookAtLinkRequest,
  resetPasswordRequest,
  signInResult,
} from '../../../contract/app/index.ts';
import { Secret } from '../../core/index.ts';
import { openRoute, originOf, requireSameOrigin } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import type { SessionAnswers } from './session-answers.ts';

const tags = ['One-time links'];

/** The use of one-time links. The token is in the body, never in an address, where proxies would log it. */
export function linkRoutes({ people }: ApiServices, answers: SessionAnswers): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/links/look',
      {
        ...openRoute,
        schema: { tags, summary: 'What a link is for', body: lookAtLinkRequest, response: { 200: linkPurpose } },
      },
      async (request) => {
        requireSameOrigin(request);
        const { expiresAt, ...purpose } = await people.lookAtLink(new Secret(request.body.token), originOf(request));
        return { ...purpose, expiresAt: expiresAt.toISOString() };
      },
    );

    app.post(
      '/links/accept-invitation',
      {
        ...openRoute,
        schema: {
          tags,
          summary: 'Join the account and sign in',
          body: acceptInvitationRequest,
          response: { 200: signInResult },
        },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { token, name, password } = request.body;
        const joining = { name, password: new Secret(password) };
        const session = await people.acceptInvitation(new Secret(token), joining, originOf(request));
        return answers.signIn(reply, { state: 'signed-in', session });
      },
    );

    app.post(
      '/links/reset-password',
      {
        ...openRoute,
        schema: { tags, summary: 'Set a new password', body: resetPasswordRequest, response: { 204: z.null() } },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { token, password } = request.body;
        await people.resetPassword(new Secret(token), new Secret(password), originOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}
