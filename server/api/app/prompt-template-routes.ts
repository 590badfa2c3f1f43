import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  changePromptTemplateRequest,
  deletion,
  promptTemplate,
  promptTemplateList,
  promptTemplateListQuery,
  promptTemplateSearchRequest,
  type promptTemplateSummary,
  savePromptTemplateRequest,
} from '../../../contract/app/index.ts';
import { Confidential } from '../../core/index.ts';
import type { PromptTemplateSummary } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';

const tags = ['Prompt templates'];
const inProject = z.object({ projectId: z.string() });
const oneTemplate = inProject.extend({ templateId: z.string() });
/** A template without its content: what saving and changing answer, since the caller has just sent it. */
const saved = promptTemplate.partial({ content: true });

/** Saved prompts. Their content is wrapped on the way in, and revealed only for whoever opens one. */
export function promptTemplateRoutes(
  { promptTemplates }: ApiServices,
  credentials: Credentials,
): FastifyPluginAsyncZod {
  async function list(request: FastifyRequest, projectId: string, asked: z.infer<typeof promptTemplateSearchRequest>) {
    const { q, ...rest } = asked;
    const actor = await credentials.actorOf(request);
    const found = await promptTemplates.list(actor, projectId, withoutUndefined({ ...rest, query: q }));
    return {
      items: found.items.map(toTemplateSummary),
      ...(found.nextCursor === undefined ? {} : { nextCursor: found.nextCursor }),
    };
  }

  return async (app) => {
    app.get(
      '/projects/:projectId/prompt-templates',
      {
        schema: {
          tags,
          summary: 'List saved prompts, the newest change first',
          params: inProject,
          querystring: promptTemplateListQuery,
          response: { 200: promptTemplateList },
        },
      },
      (request) => list(request, request.params.projectId, request.query),
    );

    app.post(
      '/projects/:projectId/prompt-templates/search',
      {
        schema: {
          tags,
          summary: 'Look for saved prompts by words in their names, descriptions and tags, the newest change first',
          params: inProject,
          body: promptTemplateSearchRequest,
          response: { 200: promptTemplateList },
        },
      },
      (request) => list(request, request.params.projectId, request.body),
    );

    app.post(
      '/projects/:projectId/prompt-templates',
      {
        schema: {
          tags,
          summary: 'Save a prompt',
          params: inProject,
          body: savePromptTemplateRequest,
          response: { 201: promptTemplate },
        },
      },
      async (request, reply) => {
        const actor = await credentials.actorOf(request);
        const { content, ...metadata } = request.body;
        const created = await promptTemplates.save(actor, request.params.projectId, {
          ...metadata,
          content: Confidential.of(content),
        });
        return reply.code(201).send({ ...toTemplateSummary(created), content });
      },
    );

    app.get(
      '/projects/:projectId/prompt-templates/:templateId',
      { schema: { tags, summary: 'Open a saved prompt', params: oneTemplate, response: { 200: promptTemplate } } },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { content, ...summary } = await promptTemplates.get(
          actor,
          request.params.projectId,
          request.params.templateId,
        );
        return { ...toTemplateSummary(summary), content: content.reveal('write-response') };
      },
    );

    app.patch(
      '/projects/:projectId/prompt-templates/:templateId',
      {
        schema: {
          tags,
          summary: 'Rename, describe, set or replace a saved prompt',
          params: oneTemplate,
          body: changePromptTemplateRequest,
          response: { 200: saved },
        },
      },
      async (request) => {
        const actor = await credentials.actorOf(request);
        const { content, settings, ...rest } = request.body;
        const change = withoutUndefined({
          ...rest,
          settings: settings === undefined ? undefined : withoutUndefined(settings),
          content: content === undefined ? undefined : Confidential.of(content),
        });
        const changed = await promptTemplates.change(
          actor,
          request.params.projectId,
          request.params.templateId,
          change,
        );
        return { ...toTemplateSummary(changed), ...(content === undefined ? {} : { content }) };
      },
    );

    app.delete(
      '/projects/:projectId/prompt-templates/:templateId',
      { schema: { tags, summary: 'Delete a saved prompt for good', params: oneTemplate, response: { 200: deletion } } },
      async (request) => {
        const { projectId, templateId } = request.params;
        return { receipt: await promptTemplates.delete(await credentials.actorOf(request), projectId, templateId) };
      },
    );
  };
}

/** A template's metadata as the app's wire shape. */
export function toTemplateSummary(template: PromptTemplateSummary): z.infer<typeof promptTemplateSummary> {
  const { id, name, description, sizeBytes, createdAt, createdBy, updatedAt, revision, settings } = template;
  return {
    id,
    name,
    description,
    sizeBytes,
    createdAt: createdAt.toISOString(),
    createdBy,
    updatedAt: updatedAt.toISOString(),
    revision,
    settings,
  };
}
