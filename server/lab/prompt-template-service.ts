import type { PromptContent } from '../../contract/app/index.ts';
import type { Asset, AssetService } from '../assets/index.ts';
import { type Actor, type Confidential, notFound, type Page, type PageRequest } from '../core/index.ts';
import { decodePromptTemplateContent, encodePromptTemplateContent } from './prompt-template-content.ts';

const TYPE = 'prompt-template';

/** Metadata of a saved prompt template. */
export type PromptTemplateSummary = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  /** Size of the sealed object, bytes. */
  readonly sizeBytes: number;
  readonly createdAt: Date;
  /** Name of the person. */
  readonly createdBy: string;
  readonly updatedAt: Date;
};

export type PromptTemplate = PromptTemplateSummary & { readonly content: Confidential<PromptContent> };

/** Prompt templates of projects: a prompt with its model and parameters, in chat mode with the output. Checks as `AssetService` does. */
export type PromptTemplateService = {
  save(
    actor: Actor,
    projectId: string,
    template: {
      readonly name: string;
      readonly description: string;
      readonly content: Confidential<PromptContent>;
    },
  ): Promise<PromptTemplateSummary>;
  /** Newest change first. @param request.query text to look for in names, descriptions and tags. */
  list(
    actor: Actor,
    projectId: string,
    request: PageRequest & { readonly query?: string },
  ): Promise<Page<PromptTemplateSummary>>;
  /** Opens the content too, so the actor must be one who may. */
  get(actor: Actor, projectId: string, id: string): Promise<PromptTemplate>;
  change(
    actor: Actor,
    projectId: string,
    id: string,
    change: {
      readonly name?: string;
      readonly description?: string;
      readonly content?: Confidential<PromptContent>;
    },
  ): Promise<PromptTemplateSummary>;
  /** @returns the deletion receipt */
  delete(actor: Actor, projectId: string, id: string): Promise<string>;
};

export function createPromptTemplates(options: { readonly assets: AssetService }): PromptTemplateService {
  const { assets } = options;

  /** Assets of other types share the ids' space; for this service they are not there. An asset's type never changes. */
  async function requireTemplateToWrite(actor: Actor, projectId: string, id: string): Promise<void> {
    const asset = await assets.get(actor, projectId, id, 'write-asset');
    if (asset.type !== TYPE) throw notFound('asset', id);
  }

  return {
    async save(actor, projectId, { name, description, content }) {
      const encoded = encodePromptTemplateContent(content);
      return summaryOf(await assets.create(actor, projectId, { type: TYPE, name, description, content: encoded }));
    },
    async list(actor, projectId, { query, ...request }) {
      const search = query === undefined || query === '' ? {} : { search: query };
      const page = await assets.list(actor, projectId, { ...request, ...search, type: TYPE });
      return { ...page, items: page.items.map(summaryOf) };
    },
    async get(actor, projectId, id) {
      const { asset, content } = await assets.open(actor, projectId, id, TYPE);
      return { ...summaryOf(asset), content: decodePromptTemplateContent(content) };
    },
    async change(actor, projectId, id, { content, ...names }) {
      const encoded = content === undefined ? {} : { content: encodePromptTemplateContent(content) };
      await requireTemplateToWrite(actor, projectId, id);
      return summaryOf(await assets.change(actor, projectId, id, { ...names, ...encoded }));
    },
    async delete(actor, projectId, id) {
      await requireTemplateToWrite(actor, projectId, id);
      return assets.delete(actor, projectId, id);
    },
  };
}

function summaryOf(asset: Asset): PromptTemplateSummary {
  const { id, projectId, name, description, sealedSizeBytes, createdAt, createdBy, updatedAt } = asset;
  return { id, projectId, name, description, sizeBytes: sealedSizeBytes, createdAt, createdBy, updatedAt };
}
