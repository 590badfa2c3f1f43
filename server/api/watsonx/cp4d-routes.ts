import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { AppError, Secret } from '../../core/index.ts';
import type { AccessToken } from '../../identity/index.ts';
import { addressOf, openRoute, originOf } from '../credentials.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';

const authorizeRequest = z.object({
  username: z.string().min(1).max(254),
  api_key: z.string().min(1).max(500).optional(),
  password: z.string().min(1).max(256).optional(),
  account_id: z.uuid().optional(),
});

/** `POST /icp4d-api/v1/authorize`: an API key or a password for an access token, as Cloud Pak for Data does it. */
export function cp4dRoutes({ identity }: ApiServices): FastifyPluginAsync {
  return async (app) => {
    app.post('/icp4d-api/v1/authorize', { ...openRoute, bodyLimit: 4096, schema: { hide: true } }, async (request) => {
      const {
        username,
        api_key: apiKey,
        password,
        account_id: accountId,
      } = parseRequest(authorizeRequest, request.body);
      if ((apiKey === undefined) === (password === undefined))
        throw new AppError('invalid-argument', 'Exactly one of api_key and password is needed.');
      if (apiKey !== undefined)
        return answer(await identity.issueAccessToken(new Secret(apiKey), { username, address: addressOf(request) }));
      const token = await identity.issueAccessTokenByPassword({
        email: username,
        password: new Secret(password ?? ''),
        ...(accountId === undefined ? {} : { accountId }),
        origin: originOf(request),
      });
      return answer(token);
    });
  };
}

function answer({ accessToken }: AccessToken) {
  return { _messageCode_: '200', message: 'Success', token: accessToken.expose() };
}
