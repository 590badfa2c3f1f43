import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { session, setupRequest, setupState, signInRequest, signInResult } from '../../../contract/app/index.ts';
import { Secret } from '../../core/index.ts';
import { type Credentials, openRoute, originOf, requireSameOrigin } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';
import type { SessionAnswers } from './session-answers.ts';

/** Set-up, signing in and out. */
export function sessionRoutes(
  { identity }: ApiServices,
  credentials: Credentials,
  answers: SessionAnswers,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/setup',
      {
        ...openRoute,
        schema: {
          tags: ['Set-up'],
          summary: 'Whether the deployment waits for its administrator',
          response: { 200: setupState },
        },
      },
      async () => ({
        needed: !(await identity.isSetUp()),
      }),
    );

    app.post(
      '/setup',
      {
        ...openRoute,
        schema: {
          tags: ['Set-up'],
          summary: 'Create the administrator with the one-time link',
          body: setupRequest,
          response: { 200: session },
        },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { token, password, ...administrator } = request.body;
        const login = await identity.setUp(
          { ...administrator, token: new Secret(token), password: new Secret(password) },
          originOf(request),
        );
        return answers.begun(reply, login);
      },
    );

    app.post(
      '/session',
      {
        ...openRoute,
        schema: { tags: ['Session'], summary: 'Sign in', body: signInRequest, response: { 200: signInResult } },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { password, ...rest } = withoutUndefined(request.body);
        const signIn = await identity.signIn({ ...rest, password: new Secret(password), origin: originOf(request) });
        return answers.signIn(reply, signIn);
      },
    );

    app.get(
      '/session',
      { schema: { tags: ['Session'], summary: 'Who is signed in', response: { 200: session } } },
      async (request) => {
        const actor = await credentials.actorOf(request);
        return answers.lookedUp(actor, actor.via === 'login-session' ? credentials.sessionToken(request) : undefined);
      },
    );

    app.delete(
      '/session',
      { ...openRoute, schema: { tags: ['Session'], summary: 'Sign out', response: { 204: z.null() } } },
      async (request, reply) => {
        requireSameOrigin(request);
        const token = credentials.sessionToken(request);
        if (token !== undefined) await identity.signOut(token);
        answers.ended(reply);
        return reply.code(204).send(null);
      },
    );
  };
}
