import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  account,
  accountList,
  type Account as ContractAccount,
  changeAccountRequest,
  createAccountRequest,
  createdAccount,
} from '../../../contract/app/index.ts';
import { type Actor, notFound } from '../../core/index.ts';
import type { Account } from '../../identity/index.ts';
import { type Credentials, openRoute } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import { toCreatedLink } from './people-routes.ts';

const tags = ['Account'];

/** The account that one is in; and, over the control socket, all accounts of the deployment. */
export function accountRoutes({ accounts }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  async function operatorOf(request: FastifyRequest): Promise<Actor> {
    if (!credentials.isControlSocket(request)) throw notFound('page', '/api/v1/accounts');
    return credentials.actorOf(request);
  }

  return async (app) => {
    app.get('/account', { schema: { tags, summary: 'Your account', response: { 200: account } } }, async (request) =>
      toAccount(await accounts.get(await credentials.actorOf(request))),
    );

    app.patch(
      '/account',
      { schema: { tags, summary: 'Rename the account', body: changeAccountRequest, response: { 200: account } } },
      async (request) => toAccount(await accounts.rename(await credentials.actorOf(request), request.body.name)),
    );

    app.get('/accounts', { ...openRoute, schema: { hide: true, response: { 200: accountList } } }, async (request) => ({
      items: (await accounts.list(await operatorOf(request))).map(toAccount),
    }));

    app.post(
      '/accounts',
      { ...openRoute, schema: { hide: true, body: createAccountRequest, response: { 201: createdAccount } } },
      async (request, reply) => {
        const made = await accounts.create(await operatorOf(request), request.body);
        return reply.code(201).send({ account: toAccount(made.account), invitation: toCreatedLink(made.invitation) });
      },
    );
  };
}

function toAccount({ id, name, createdAt }: Account): ContractAccount {
  return { id, name, createdAt: createdAt.toISOString() };
}
