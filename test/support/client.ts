import type { z } from 'zod';
import {
  type Project,
  type PromptTemplate,
  project,
  promptTemplate,
  promptTemplateList,
} from '../../contract/app/index.ts';

/** A small client of the app's API for tests: checks every answer against the contract. */
export function appClient(url: string, apiKey: string) {
  async function call<T>(schema: z.ZodType<T> | undefined, method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return schema === undefined ? (undefined as T) : schema.parse(await response.json());
  }
  return {
    createProject: (name: string): Promise<Project> => call(project, 'POST', '/projects', { name }),
    saveTemplate: (projectId: string, name: string, text: string): Promise<PromptTemplate> =>
      call(promptTemplate, 'POST', `/projects/${projectId}/prompt-templates`, { name, content: freeform(text) }),
    openTemplate: (projectId: string, id: string): Promise<PromptTemplate> =>
      call(promptTemplate, 'GET', `/projects/${projectId}/prompt-templates/${id}`),
    replaceTemplate: (projectId: string, id: string, text: string): Promise<PromptTemplate> =>
      call(promptTemplate, 'PATCH', `/projects/${projectId}/prompt-templates/${id}`, { content: freeform(text) }),
    deleteTemplate: (projectId: string, id: string): Promise<void> =>
      call(undefined, 'DELETE', `/projects/${projectId}/prompt-templates/${id}`),
    async listTemplates(projectId: string): Promise<{ id: string; name: string }[]> {
      const items: { id: string; name: string }[] = [];
      let cursor: string | undefined;
      do {
        const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await call(promptTemplateList, 'GET', `/projects/${projectId}/prompt-templates?limit=200${query}`);
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return items;
    },
  };
}

export type AppClient = ReturnType<typeof appClient>;

function freeform(text: string) {
  return {
    mode: 'freeform',
    modelId: 'huggingfacetb/smollm2-135m-instruct',
    parameters: {
      decodingMethod: 'greedy',
      maxNewTokens: 20,
      minNewTokens: 0,
      temperature: 0.7,
      topK: 50,
      topP: 1,
      repetitionPenalty: 1,
      stopSequences: [],
    },
    text,
  };
}
