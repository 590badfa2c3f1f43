import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type LoginSession as ContractLoginSession,
  type Profile as ContractProfile,
  changePasswordRequest,
  changeProfileRequest,
  loginSessionList,
  profile,
} from '../../../contract/app/index.ts';
import { Secret } from '../../core/index.ts';
import type { LoginSessionInfo, OwnProfile } from '../../identity/index.ts';
import type { Credentials } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Profile'];

/** Oneself: name, password, login sessions. Second factors have routes of their own. */
export function profileRoutes({ profiles, identity }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/profile',
      { schema: { tags, summary: 'Who you are and how you sign in', response: { 200: profile } } },
      async (request) => toProfile(await profiles.get(await credentials.actorOf(request))),
    );

    app.patch(
      '/profile',
      { schema: { tags, summary: 'Change your name', body: changeProfileRequest, response: { 200: profile } } },
      async (request) => toProfile(await profiles.rename(await credentials.actorOf(request), request.body.name)),
    );

    app.post(
      '/profile/password',
      {
        schema: {
          tags,
          summary: 'Change your password; every other session of yours ends',
          body: changePasswordRequest,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { currentPassword, newPassword } = request.body;
        const passwords = { current: new Secret(currentPassword), next: new Secret(newPassword) };
        await profiles.changePassword(await credentials.actorOf(request), passwords);
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/profile/sessions',
      { schema: { tags, summary: 'Where you are signed in', response: { 200: loginSessionList } } },
      async (request) => ({
        items: (await identity.listLoginSessions(await credentials.actorOf(request))).map(toLoginSession),
      }),
    );

    app.delete(
      '/profile/sessions',
      { schema: { tags, summary: 'Sign out everywhere else', response: { 204: z.null() } } },
      async (request, reply) => {
        await identity.endOtherLoginSessions(await credentials.actorOf(request));
        return reply.code(204).send(null);
      },
    );

    app.delete(
      '/profile/sessions/:sessionId',
      {
        schema: {
          tags,
          summary: 'End one of your sessions',
          params: z.object({ sessionId: z.string() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await identity.endLoginSession(await credentials.actorOf(request), request.params.sessionId);
        return reply.code(204).send(null);
      },
    );
  };
}

function toProfile({ passwordChangedAt, ...rest }: OwnProfile): ContractProfile {
  return { ...rest, passwordChangedAt: passwordChangedAt?.toISOString() ?? null };
}

function toLoginSession({ createdAt, lastUsedAt, expiresAt, ...rest }: LoginSessionInfo): ContractLoginSession {
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
