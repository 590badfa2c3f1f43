import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { identityProviderList } from '../../../contract/app/index.ts';
import { isAppError, loggableError, Secret } from '../../core/index.ts';
import { cookieName, openRoute, originOf } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import { type Site, siteOriginOf } from '../site-origin.ts';
import type { SessionAnswers } from './session-answers.ts';

const PATH = '/api/v1/identity-providers';
const LIFETIME_SECONDS = 10 * 60;
const tags = ['Session'];
const params = z.object({ providerId: z.string() });
/** A browser opens these itself. Nothing that only looks at an address (HEAD) begins a sign-in or uses one up. */
const page = { ...openRoute, exposeHeadRoute: false } as const;

/**
 * Signing in at an identity provider. The browser is sent there and comes back; where it goes then is fixed here and never read from a
 * request, so no link of ours leads elsewhere.
 */
export function identityProviderRoutes(
  { signInWays: { identityProviders }, logger }: ApiServices,
  answers: SessionAnswers,
  site: Site,
): FastifyPluginAsyncZod {
  const isTls = site.isTls || site.publicUrl?.startsWith('https:') === true;
  // Lax: the browser comes back from another site, to which `Strict` would not send it. The session's own cookie stays `Strict`.
  // Under TLS its name asks for the whole host as its path.
  const cookie: CookieSerializeOptions = { httpOnly: true, sameSite: 'lax', secure: isTls, path: isTls ? '/' : PATH };
  const flowCookie = cookieName('cloister_identity_provider', isTls);

  /** The word by which the sign-in page tells what went wrong. */
  function wordOf(error: unknown): string {
    if (isAppError(error, 'permission-denied')) return 'not-allowed';
    logger.warn('a sign-in at an identity provider failed', {
      ...(isAppError(error) ? { code: error.details.reason ?? error.code } : {}),
      error: loggableError(error),
    });
    return isAppError(error, 'unauthenticated') ? 'refused' : 'failed';
  }

  return async (app) => {
    app.get(
      '/identity-providers',
      {
        ...openRoute,
        schema: {
          tags,
          summary: 'List the identity providers by which people may sign in',
          response: { 200: identityProviderList },
        },
      },
      async () => ({ items: [...identityProviders.list()] }),
    );

    app.get(
      '/identity-providers/:providerId/sign-in',
      { ...page, schema: { tags, summary: 'Go to an identity provider', params, response: { 303: z.null() } } },
      async (request, reply) => {
        const { providerId } = request.params;
        const redirectUri = `${siteOriginOf(request, site)}${PATH}/${encodeURIComponent(providerId)}/callback`;
        try {
          const { url, token } = await identityProviders.begin(providerId, redirectUri, originOf(request));
          reply.setCookie(flowCookie, token.expose(), { ...cookie, maxAge: LIFETIME_SECONDS });
          return reply.redirect(url.href, 303);
        } catch (error) {
          if (isAppError(error, 'not-found') || isAppError(error, 'resource-exhausted')) throw error;
          return reply.redirect(`/sign-in#error=${wordOf(error)}`, 303);
        }
      },
    );

    app.get(
      '/identity-providers/:providerId/callback',
      {
        ...page,
        schema: { tags, summary: 'Come back from an identity provider', params, response: { 303: z.null() } },
      },
      async (request, reply) => {
        const token = request.cookies[flowCookie];
        reply.clearCookie(flowCookie, cookie);
        if (token === undefined) return reply.redirect('/sign-in#error=refused', 303);
        try {
          const [, query = ''] = /\?(.*)$/.exec(request.url) ?? [];
          const { providerId } = request.params;
          await answers.begun(
            reply,
            await identityProviders.complete(providerId, new Secret(token), query, originOf(request)),
          );
          return reply.redirect('/', 303);
        } catch (error) {
          if (isAppError(error, 'not-found')) throw error;
          return reply.redirect(`/sign-in#error=${wordOf(error)}`, 303);
        }
      },
    );
  };
}
