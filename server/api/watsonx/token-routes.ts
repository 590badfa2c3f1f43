import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../core/index.ts';
import { addressOf, openRoute } from '../credentials.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';

const tokenRequest = z.object({
  grant_type: z.literal('urn:ibm:params:oauth:grant-type:apikey', 'must be urn:ibm:params:oauth:grant-type:apikey'),
  apikey: z.string().min(1).max(500),
});

/** `POST /identity/token`: an API key for an access token, as IBM Cloud's identity service does it. */
export function tokenRoutes({ identity }: ApiServices): FastifyPluginAsync {
  return async (app) => {
    app.post('/identity/token', { ...openRoute, bodyLimit: 4096, schema: { hide: true } }, async (request) => {
      const { apikey } = parseRequest(tokenRequest, request.body);
      const token = await identity.issueAccessToken(new Secret(apikey), { address: addressOf(request) });
      return {
        access_token: token.accessToken.expose(),
        // A new token is had by asking again with the API key; IBM's SDKs do that, and never use this one.
        refresh_token: 'not_supported',
        token_type: 'Bearer',
        expires_in: token.expiresInSeconds,
        expiration: Math.floor(token.expiresAt.getTime() / 1000),
        scope: 'ibm openid',
      };
    });
  };
}

/**
 * The public halves of signing keys (JWKS, RFC 7517): of access tokens as IBM Cloud's identity service publishes them, and of the audit log.
 * They are two lists, so that nobody who checks access tokens by the one takes what the other signed for one.
 */
export function publicKeyRoutes({ identity }: ApiServices): FastifyPluginAsync {
  return async (app) => {
    app.get('/identity/keys', { ...openRoute, schema: { hide: true } }, async () => ({
      keys: await identity.listPublicKeys('access-token'),
    }));

    app.get('/identity/audit-keys', { ...openRoute, schema: { hide: true } }, async () => ({
      keys: await identity.listPublicKeys('audit'),
    }));
  };
}
