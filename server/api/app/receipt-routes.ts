import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { deletionReceipt, receiptKeys, verifiedReceipt, verifyReceiptRequest } from '../../../contract/app/index.ts';
import { type Credentials, openRoute } from '../credentials.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Deletion receipts'];

/** Receipts of deletions: what they are checked with, and checking them. */
export function receiptRoutes({ identity, audit }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/receipts/keys',
      {
        ...openRoute,
        schema: { tags, summary: 'Public keys that receipts are checked with', response: { 200: receiptKeys } },
      },
      async () => receiptKeys.parse({ keys: await identity.listPublicKeys('audit') }),
    );

    app.post(
      '/receipts/verify',
      {
        schema: {
          tags,
          summary: 'Check a deletion receipt, and read what it says',
          body: verifyReceiptRequest,
          response: { 200: verifiedReceipt },
        },
      },
      async (request) => {
        await credentials.actorOf(request);
        return { receipt: deletionReceipt.parse(await audit.openReceipt(request.body.receipt)) };
      },
    );
  };
}
