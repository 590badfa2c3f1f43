import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  apiKeyList,
  createApiKeyRequest,
  createdApiKey,
  session,
  setupRequest,
  setupState,
  signInRequest,
} from '../../../contract/app/index.ts';
import { Secret } from '../../core/index.ts';
import type { ApiKey, LoginSession } from '../../identity/index.ts';
import { type Credentials, openRoute, requireSameOrigin, SESSION_COOKIE } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

/** Set-up, signing in and out, and API keys. */
export function identityRoutes(
  { identity }: ApiServices,
  credentials: Credentials,
  isTls: boolean,
): FastifyPluginAsyncZod {
  function setCookie(reply: FastifyReply, { token, expiresAt }: LoginSession): void {
    reply.setCookie(SESSION_COOKIE, token.expose(), {
      httpOnly: true,
      sameSite: 'strict',
      secure: isTls,
      path: '/',
      expires: expiresAt,
    });
  }

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
        const login = await identity.setUp({
          ...administrator,
          token: new Secret(token),
          password: new Secret(password),
        });
        setCookie(reply, login);
        return { ...(await identity.getProfile(login.actor)), expiresAt: login.expiresAt.toISOString() };
      },
    );

    app.post(
      '/session',
      {
        ...openRoute,
        schema: { tags: ['Session'], summary: 'Sign in', body: signInRequest, response: { 200: session } },
      },
      async (request, reply) => {
        requireSameOrigin(request);
        const { email, password } = request.body;
        const login = await identity.signIn({ email, password: new Secret(password), address: request.ip });
        setCookie(reply, login);
        return {
          ...(await identity.getProfile(login.actor)),
          expiresAt: (await identity.sessionExpiry(login.token)).toISOString(),
        };
      },
    );

    app.get(
      '/session',
      { schema: { tags: ['Session'], summary: 'Who is signed in', response: { 200: session } } },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const token = credentials.sessionToken(request);
        const isBySession = actor.via === 'login-session' && token !== undefined;
        // A bearer credential has no session that could end; its holder is told that it lasts as far as this answer reaches.
        const expiresAt = isBySession ? await identity.sessionExpiry(token) : new Date(8_640_000_000_000_000);
        return { ...(await identity.getProfile(actor)), expiresAt: expiresAt.toISOString() };
      },
    );

    app.delete(
      '/session',
      { ...openRoute, schema: { tags: ['Session'], summary: 'Sign out', response: { 204: z.null() } } },
      async (request, reply) => {
        requireSameOrigin(request);
        const token = credentials.sessionToken(request);
        if (token !== undefined) await identity.signOut(token);
        reply.clearCookie(SESSION_COOKIE, { path: '/' });
        reply.header('clear-site-data', '"cache", "cookies", "storage"');
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/api-keys',
      { schema: { tags: ['API keys'], summary: 'List your API keys', response: { 200: apiKeyList } } },
      async (request) => ({
        items: (await identity.listApiKeys(await credentials.actorOf(request))).map(toApiKey),
      }),
    );

    app.post(
      '/api-keys',
      {
        schema: {
          tags: ['API keys'],
          summary: 'Create an API key',
          body: createApiKeyRequest,
          response: { 201: createdApiKey },
        },
      },
      async (request, reply) => {
        const { apiKey, key } = await identity.createApiKey(await credentials.actorOf(request), request.body);
        return reply.code(201).send({ ...toApiKey(apiKey), key: key.expose() });
      },
    );

    app.delete(
      '/api-keys/:apiKeyId',
      {
        schema: {
          tags: ['API keys'],
          summary: 'Delete an API key',
          params: z.object({ apiKeyId: z.string() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await identity.deleteApiKey(await credentials.actorOf(request), request.params.apiKeyId);
        return reply.code(204).send(null);
      },
    );
  };
}

function toApiKey({ id, name, prefix, createdAt, lastUsedAt }: ApiKey) {
  return { id, name, prefix, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
}
