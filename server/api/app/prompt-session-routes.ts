import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  addedSessionEntry,
  addSessionEntryRequest,
  changePromptSessionRequest,
  deletion,
  promptSessionList,
  promptSessionListQuery,
  promptSessionSummary,
  savePromptSessionRequest,
  sessionEntry,
  sessionEntryList,
  sessionEntryListQuery,
  sessionEntryNumber,
} from '../../../contract/app/index.ts';
import { Confidential } from '../../core/index.ts';
import type { PromptSessionSummary, SessionEntry, SessionEntrySummary } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Prompt sessions'];
const inProject = z.object({ projectId: z.string() });
const oneSession = inProject.extend({ sessionId: z.string() });
const oneEntry = oneSession.extend({ number: sessionEntryNumber });

/** Sessions: prompts that were submitted, with their answers, for 30 days. Their content is revealed only for whoever opens them. */
export function promptSessionRoutes({ promptSessions }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/prompt-sessions',
      {
        schema: {
          tags,
          summary: 'List sessions, the newest change first',
          params: inProject,
          querystring: promptSessionListQuery,
          response: { 200: promptSessionList },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const page = await promptSessions.list(actor, request.params.projectId, withoutUndefined(request.query));
        return { ...page, items: page.items.map(toSummary) };
      },
    );

    app.post(
      '/projects/:projectId/prompt-sessions',
      {
        schema: {
          tags,
          summary: 'Begin a session',
          params: inProject,
          body: savePromptSessionRequest,
          response: { 201: promptSessionSummary },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const saved = await promptSessions.save(actor, request.params.projectId, request.body);
        return reply.code(201).send(toSummary(saved));
      },
    );

    app.get(
      '/projects/:projectId/prompt-sessions/:sessionId',
      {
        schema: { tags, summary: 'Look at a session', params: oneSession, response: { 200: promptSessionSummary } },
      },
      async (request) => {
        const { projectId, sessionId } = request.params;
        return toSummary(await promptSessions.get(await credentials.actorOf(request), projectId, sessionId));
      },
    );

    app.patch(
      '/projects/:projectId/prompt-sessions/:sessionId',
      {
        schema: {
          tags,
          summary: 'Rename or describe a session',
          params: oneSession,
          body: changePromptSessionRequest,
          response: { 200: promptSessionSummary },
        },
      },
      async (request) => {
        const { projectId, sessionId } = request.params;
        const actor = await credentials.actorOf(request);
        return toSummary(await promptSessions.change(actor, projectId, sessionId, withoutUndefined(request.body)));
      },
    );

    app.delete(
      '/projects/:projectId/prompt-sessions/:sessionId',
      { schema: { tags, summary: 'Delete a session for good', params: oneSession, response: { 200: deletion } } },
      async (request) => {
        const { projectId, sessionId } = request.params;
        return { receipt: await promptSessions.delete(await credentials.actorOf(request), projectId, sessionId) };
      },
    );

    app.get(
      '/projects/:projectId/prompt-sessions/:sessionId/entries',
      {
        schema: {
          tags,
          summary: 'Open submitted prompts, the newest first',
          params: oneSession,
          querystring: sessionEntryListQuery,
          response: { 200: sessionEntryList },
        },
      },
      async (request) => {
        const { projectId, sessionId } = request.params;
        const actor = await credentials.actorOf(request);
        const page = await promptSessions.listEntries(actor, projectId, sessionId, withoutUndefined(request.query));
        return { ...page, items: page.items.map(toOpenedEntry) };
      },
    );

    app.post(
      '/projects/:projectId/prompt-sessions/:sessionId/entries',
      {
        schema: {
          tags,
          summary: 'Add a submitted prompt with its answer',
          params: oneSession,
          body: addSessionEntryRequest,
          response: { 201: addedSessionEntry },
        },
      },
      async (request, reply) => {
        const { projectId, sessionId } = request.params;
        const actor = await credentials.actorOf(request);
        const { id, entry } = request.body;
        const added = { ...(id === undefined ? {} : { id }), entry: Confidential.of(entry) };
        return reply.code(201).send(toEntry(await promptSessions.addEntry(actor, projectId, sessionId, added)));
      },
    );

    app.get(
      '/projects/:projectId/prompt-sessions/:sessionId/entries/:number',
      { schema: { tags, summary: 'Open a submitted prompt', params: oneEntry, response: { 200: sessionEntry } } },
      async (request) => {
        const { projectId, sessionId, number } = request.params;
        const actor = await credentials.actorOf(request);
        return toOpenedEntry(await promptSessions.getEntry(actor, projectId, sessionId, number));
      },
    );

    app.delete(
      '/projects/:projectId/prompt-sessions/:sessionId/entries/:number',
      {
        schema: { tags, summary: 'Delete a submitted prompt for good', params: oneEntry, response: { 200: deletion } },
      },
      async (request) => {
        const { projectId, sessionId, number } = request.params;
        const actor = await credentials.actorOf(request);
        return { receipt: await promptSessions.deleteEntry(actor, projectId, sessionId, number) };
      },
    );
  };
}

function toSummary(session: PromptSessionSummary): z.infer<typeof promptSessionSummary> {
  const { id, name, description, entryCount, createdAt, createdBy, updatedAt, expiresAt } = session;
  return {
    id,
    name,
    description,
    entryCount,
    createdAt: createdAt.toISOString(),
    createdBy,
    updatedAt: updatedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}

function toEntry(entry: SessionEntrySummary): z.infer<typeof addedSessionEntry> {
  const { id, number, submittedAt, submittedBy, expiresAt } = entry;
  return { id, number, submittedAt: submittedAt.toISOString(), submittedBy, expiresAt: expiresAt.toISOString() };
}

function toOpenedEntry(opened: SessionEntry): z.infer<typeof sessionEntry> {
  const { entry } = opened;
  return { ...toEntry(opened), ...(entry === undefined ? {} : { entry: entry.reveal('write-response') }) };
}
