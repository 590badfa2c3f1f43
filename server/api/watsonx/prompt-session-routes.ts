import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { cursor, description, displayName, sessionEntryNumber } from '../../../contract/app/index.ts';
import { type Actor, AppError, Confidential, notFound } from '../../core/index.ts';
import type { SessionEntry } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import { parseRequest } from '../request-error.ts';
import type { ApiServices } from '../services.ts';
import { lockRequest, toLock } from './prompt-lock-routes.ts';
import {
  entryRequest,
  readEntry,
  sessionRequest,
  writeEntry,
  writeEntrySummary,
  writeOpenedEntry,
  writeSession,
} from './prompt-session-shapes.ts';
import { chatItem, inProject } from './prompt-shapes.ts';

const MOST_ENTRIES_A_PAGE = 50;
const changeRequest = z
  .strictObject({ name: displayName.optional(), description: description.optional() })
  .refine((change) => Object.keys(change).length > 0, 'name or description is needed');
const sessionQuery = inProject.extend({ prefetch: z.enum(['true', 'false']).default('false') });
const entriesQuery = inProject.extend({
  bookmark: cursor,
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .transform((limit) => Math.min(limit, MOST_ENTRIES_A_PAGE))
    .default(MOST_ENTRIES_A_PAGE),
});
const oneSession = z.object({ sessionId: z.string() });
const oneEntry = z.object({ entryId: z.string() });
const hidden = { schema: { hide: true } } as const;

type Asked = readonly [actor: Actor, projectId: string, sessionId: string];

/** `/wx/v1/prompt_sessions…`: the prompt sessions of a project, by the shapes of IBM's SDK. */
export function promptSessionRoutes({ promptSessions }: ApiServices, credentials: Credentials): FastifyPluginAsync {
  async function read(request: FastifyRequest): Promise<Asked> {
    const actor = await credentials.actorOf(request);
    const { project_id: projectId } = parseRequest(inProject, request.query);
    return [actor, projectId, oneSession.parse(request.params).sessionId];
  }

  async function allEntries(asked: Asked): Promise<SessionEntry[]> {
    const entries: SessionEntry[] = [];
    let next: string | undefined;
    do {
      const page = await promptSessions.listEntries(
        ...asked,
        withoutUndefined({ limit: MOST_ENTRIES_A_PAGE, cursor: next }),
      );
      entries.push(...page.items);
      next = page.nextCursor;
    } while (next !== undefined);
    return entries;
  }

  return async (app) => {
    app.post('/wx/v1/prompt_sessions', hidden, async (request, reply) => {
      const actor = await credentials.actorOf(request);
      const { project_id: projectId } = parseRequest(inProject, request.query);
      const { prompts, name, description: about } = parseRequest(sessionRequest, request.body);
      const entries = prompts.map((prompt) => Confidential.of(readEntry(prompt)));
      const saved = await promptSessions.save(actor, projectId, { name, description: about });
      for (const entry of entries) await promptSessions.addEntry(actor, projectId, saved.id, { entry });
      return reply.code(201).send(writeSession(saved));
    });

    app.get('/wx/v1/prompt_sessions/:sessionId', hidden, async (request) => {
      const asked = await read(request);
      const { prefetch } = parseRequest(sessionQuery, request.query);
      const session = await promptSessions.get(...asked);
      return writeSession(session, prefetch === 'true' ? await allEntries(asked) : undefined);
    });

    app.patch('/wx/v1/prompt_sessions/:sessionId', hidden, async (request) => {
      const asked = await read(request);
      const change = withoutUndefined(parseRequest(changeRequest, request.body));
      return writeSession(await promptSessions.change(...asked, change));
    });

    app.delete('/wx/v1/prompt_sessions/:sessionId', hidden, async (request, reply) => {
      await promptSessions.delete(...(await read(request)));
      return reply.code(204).send();
    });

    app.get('/wx/v1/prompt_sessions/:sessionId/entries', hidden, async (request) => {
      const asked = await read(request);
      const { limit, bookmark } = parseRequest(entriesQuery, request.query);
      const page = await promptSessions.listEntries(...asked, withoutUndefined({ limit, cursor: bookmark }));
      return {
        results: page.items.map(writeEntrySummary),
        ...(page.nextCursor === undefined ? {} : { bookmark: page.nextCursor }),
      };
    });

    app.post('/wx/v1/prompt_sessions/:sessionId/entries', hidden, async (request, reply) => {
      const asked = await read(request);
      const content = readEntry(parseRequest(entryRequest, request.body));
      const added = await promptSessions.addEntry(...asked, { entry: Confidential.of(content) });
      return reply.code(201).send(writeEntry(added, content));
    });

    app.get('/wx/v1/prompt_sessions/:sessionId/entries/:entryId', hidden, async (request) => {
      const opened = await promptSessions.getEntry(...(await read(request)), numberOf(request));
      if (opened.entry === undefined) throw damaged(opened.number);
      return writeOpenedEntry(opened);
    });

    app.delete('/wx/v1/prompt_sessions/:sessionId/entries/:entryId', hidden, async (request, reply) => {
      await promptSessions.deleteEntry(...(await read(request)), numberOf(request));
      return reply.code(204).send();
    });

    app.post('/wx/v1/prompt_sessions/:sessionId/entries/:entryId/chat_items', hidden, async (request) => {
      await promptSessions.getEntry(...(await read(request)), numberOf(request));
      parseRequest(z.array(chatItem).min(1), request.body);
      throw new AppError(
        'unimplemented',
        'An entry of a session is what was submitted, which stays as it is. Add an entry with the whole chat: POST …/entries.',
      );
    });

    app.get('/wx/v1/prompt_sessions/:sessionId/lock', hidden, async (request) => {
      await promptSessions.get(...(await read(request)));
      return toLock(undefined);
    });

    app.put('/wx/v1/prompt_sessions/:sessionId/lock', hidden, async (request) => {
      await promptSessions.get(...(await read(request)));
      if (!parseRequest(lockRequest, request.body).locked) return toLock(undefined);
      throw new AppError(
        'unimplemented',
        'A session cannot be locked: what was submitted is not edited, and everybody adds to its end.',
      );
    });
  };
}

function numberOf(request: FastifyRequest): number {
  const { entryId } = oneEntry.parse(request.params);
  const parsed = sessionEntryNumber.safeParse(entryId);
  if (!parsed.success) throw notFound('entry', entryId);
  return parsed.data;
}

function damaged(number: number): AppError {
  return new AppError(
    'failed-precondition',
    `Prompt ${number} does not open: its content is damaged or gone. The others are not touched by that.`,
    { details: { reason: 'content-missing' } },
  );
}
