import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  deletion,
  promptTemplateSummary,
  promptVersion,
  promptVersionList,
  promptVersionNumber,
  type promptVersionSummary,
  restoreVersionRequest,
} from '../../../contract/app/index.ts';
import type { PromptVersionSummary } from '../../lab/index.ts';
import type { Credentials } from '../credentials.ts';
import { withoutUndefined } from '../optional.ts';
import type { ApiServices } from '../services.ts';
import { toTemplateSummary } from './prompt-template-routes.ts';

const tags = ['Prompt templates'];
const oneTemplate = z.object({ projectId: z.string(), templateId: z.string() });
const oneVersion = oneTemplate.extend({ number: promptVersionNumber });

/** What saved prompts held before, where they keep versions. Content is revealed only for whoever opens one. */
export function promptVersionRoutes({ promptTemplates }: ApiServices, credentials: Credentials): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/projects/:projectId/prompt-templates/:templateId/versions',
      {
        schema: {
          tags,
          summary: 'List the versions of a saved prompt, the newest first',
          params: oneTemplate,
          response: { 200: promptVersionList },
        },
      },
      async (request) => {
        const { projectId, templateId } = request.params;
        const actor = await credentials.actorOf(request);
        const versions = await promptTemplates.listVersions(actor, projectId, templateId);
        return { items: versions.map(toVersion) };
      },
    );

    app.get(
      '/projects/:projectId/prompt-templates/:templateId/versions/:number',
      {
        schema: {
          tags,
          summary: 'Open a version of a saved prompt',
          params: oneVersion,
          response: { 200: promptVersion },
        },
      },
      async (request) => {
        const { projectId, templateId, number } = request.params;
        const actor = await credentials.actorOf(request);
        const { content, ...version } = await promptTemplates.getVersion(actor, projectId, templateId, number);
        return { ...toVersion(version), content: content.reveal('write-response') };
      },
    );

    app.post(
      '/projects/:projectId/prompt-templates/:templateId/versions/:number/restore',
      {
        schema: {
          tags,
          summary: 'Make a version the content again; what it replaces stays as a version',
          params: oneVersion,
          body: restoreVersionRequest,
          response: { 200: promptTemplateSummary },
        },
      },
      async (request) => {
        const { projectId, templateId, number } = request.params;
        const actor = await credentials.actorOf(request);
        const conditions = withoutUndefined(request.body);
        return toTemplateSummary(
          await promptTemplates.restoreVersion(actor, projectId, templateId, number, conditions),
        );
      },
    );

    app.delete(
      '/projects/:projectId/prompt-templates/:templateId/versions/:number',
      {
        schema: {
          tags,
          summary: 'Delete a version of a saved prompt for good',
          params: oneVersion,
          response: { 200: deletion },
        },
      },
      async (request) => {
        const { projectId, templateId, number } = request.params;
        const actor = await credentials.actorOf(request);
        return { receipt: await promptTemplates.deleteVersion(actor, projectId, templateId, number) };
      },
    );
  };
}

function toVersion(version: PromptVersionSummary): z.infer<typeof promptVersionSummary> {
  const { number, savedAt, savedBy, sizeBytes } = version;
  return { number, savedAt: savedAt.toISOString(), savedBy, sizeBytes };
}
