import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  account,
  accountList,
  type Account as ContractAccount,
  changeAccountRequest,
  createAccountRequest,
  createdAccount,
  createdLink,
  id,
  inviteOwnerRequest,
} from '../../../contract/app/index.ts';
import type { Account } from '../../identity/index.ts';
import { type Credentials, operatorRoute } from '../credentials.ts';
import type { ApiServices } from '../services.ts';
import { toCreatedLink } from './people-routes.ts';

const tags = ['Account'];
const accountParams = z.object({ accountId: id });

/** The account that one is in; and, over the control socket, all accounts of the deployment. */
export function accountRoutes({ accounts }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  const forOperator = operatorRoute(credentials);

  return async (app) => {
    app.get('/account', { schema: { tags, summary: 'Your account', response: { 200: account } } }, async (request) =>
      toAccount(await accounts.get(await credentials.actorOf(request))),
    );

    app.patch(
      '/account',
      { schema: { tags, summary: 'Rename the account', body: changeAccountRequest, response: { 200: account } } },
      async (request) => toAccount(await accounts.rename(await credentials.actorOf(request), request.body.name)),
    );

    app.get(
      '/accounts',
      { ...forOperator, schema: { hide: true, response: { 200: accountList } } },
      async (request) => ({ items: (await accounts.list(await credentials.actorOf(request))).map(toAccount) }),
    );

    app.post(
      '/accounts',
      { ...forOperator, schema: { hide: true, body: createAccountRequest, response: { 201: createdAccount } } },
      async (request, reply) => {
        const made = await accounts.create(await credentials.actorOf(request), request.body);
        return reply.code(201).send({ account: toAccount(made.account), invitation: toCreatedLink(made.invitation) });
      },
    );

    app.post(
      '/accounts/:accountId/invitations',
      {
        ...forOperator,
        schema: { hide: true, params: accountParams, body: inviteOwnerRequest, response: { 201: createdLink } },
      },
      async (request, reply) => {
        const [operator, { accountId }] = [await credentials.actorOf(request), request.params];
        const invitation = await accounts.inviteOwner(operator, accountId, request.body.ownerEmail);
        return reply.code(201).send(toCreatedLink(invitation));
      },
    );

    app.delete(
      '/accounts/:accountId',
      { ...forOperator, schema: { hide: true, params: accountParams, response: { 204: z.null() } } },
      async (request, reply) => {
        await accounts.remove(await credentials.actorOf(request), request.params.accountId);
        return reply.code(204).send(null);
      },
    );
  };
}

function toAccount({ id, name, createdAt }: Account): ContractAccount {
  return { id, name, createdAt: createdAt.toISOString() };
}
