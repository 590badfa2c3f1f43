import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type AuditEvent,
  type AuditVerification,
  auditChainList,
  auditEventList,
  auditExportQuery,
  auditQuery,
  auditRetention,
  auditVerification,
  verifyAuditRequest,
} from '../../../contract/app/index.ts';
import { type AuditFilters, type AuditRecord, type ChainVerification, exportedEvent } from '../../audit/index.ts';
import { type Credentials, operatorRoute } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Audit log'];

const MEDIA_TYPES = { jsonl: 'application/x-ndjson', csv: 'text/csv; charset=utf-8; header=present' } as const;

/** The audit log of the account. Nothing here writes to it. */
export function auditRoutes({ audit, clock }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/audit-events',
      {
        schema: {
          tags,
          summary: 'List what happened, the newest first',
          querystring: auditQuery,
          response: { 200: auditEventList },
        },
      },
      async (request) => {
        const { limit, cursor, ...filters } = request.query;
        const actor = await credentials.actorOf(request);
        const { items, ...rest } = await audit.list(actor, toFilters(filters), withoutUndefined({ limit, cursor }));
        return { items: items.map(toEvent), ...rest };
      },
    );

    app.get(
      '/audit-events/export',
      {
        schema: {
          tags,
          summary: 'Take the events away as a file, the newest first',
          querystring: auditExportQuery,
          response: { 200: { content: fileContent } },
        },
      },
      async (request, reply) => {
        const { format, ...filters } = request.query;
        const pieces = await audit.export(await credentials.actorOf(request), toFilters(filters), format);
        const day = clock.now().toISOString().slice(0, 10);
        return (
          reply
            .type(MEDIA_TYPES[format])
            .header('content-disposition', `attachment; filename="cloister-audit-${day}.${format}"`)
            // Sent as it is, piece by piece; the route's type knows the whole text.
            .send(Readable.from(pieces) as unknown as string)
        );
      },
    );

    app.get(
      '/account/audit-retention',
      { schema: { tags, summary: 'For how many days events are kept', response: { 200: auditRetention } } },
      async (request) => ({ days: await audit.getRetention(await credentials.actorOf(request)) }),
    );

    app.put(
      '/account/audit-retention',
      {
        schema: {
          tags,
          summary: 'Say for how many days events are kept; older ones are removed',
          body: auditRetention,
          response: { 200: auditRetention },
        },
      },
      async (request) => {
        await audit.setRetention(await credentials.actorOf(request), request.body.days);
        return request.body;
      },
    );

    app.get(
      '/audit/chains',
      { ...operatorRoute(credentials), schema: { hide: true, response: { 200: auditChainList } } },
      async () => ({
        items: (await audit.listChains()).map((accountId) => ({ accountId })),
      }),
    );

    app.post(
      '/audit/verify',
      {
        ...operatorRoute(credentials),
        schema: { hide: true, body: verifyAuditRequest, response: { 200: auditVerification } },
      },
      async (request) => toVerification(await audit.verify(request.body.accountId, request.body.anchor)),
    );
  };
}

const fileContent = Object.fromEntries(
  Object.values(MEDIA_TYPES).map((type) => [type.split(';', 1)[0] ?? type, { schema: z.string() }]),
);

type QueriedFilters = Omit<z.infer<typeof auditExportQuery>, 'format'>;

function toFilters({ from, to, actor, action, ...rest }: QueriedFilters): AuditFilters {
  return withoutUndefined({
    ...rest,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    actorUserId: actor,
    actions: action,
  });
}

/** The room knows its words as the contract does (a test compares them); a row holds text. */
function toEvent(record: AuditRecord): AuditEvent {
  const { accountId: _, ...event } = exportedEvent(record);
  return event as AuditEvent;
}

function toVerification({ first, last, head, faults, ...report }: ChainVerification): AuditVerification {
  return { ...report, first: first ?? null, last: last ?? null, head: head ?? null, faults: [...faults] };
}
