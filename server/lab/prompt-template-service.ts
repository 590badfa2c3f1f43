import type { PromptContent } from '../../contract/app/index.ts';
import {
  type Asset,
  type AssetLock,
  type AssetLockService,
  type AssetPart,
  type AssetPartService,
  type AssetService,
  type AssetSettings,
  MOST_VERSIONS,
  type SaveConditions,
} from '../assets/index.ts';
import { type Actor, AppError, type Confidential, notFound, type Page, type PageRequest } from '../core/index.ts';
import { decodePromptTemplateContent, encodePromptTemplateContent } from './prompt-template-content.ts';

export const PROMPT_TEMPLATE = 'prompt-template';
const KIND = 'version';

/** Metadata of a saved prompt template. */
export type PromptTemplateSummary = Pick<
  Asset,
  'id' | 'projectId' | 'name' | 'description' | 'createdAt' | 'createdBy' | 'updatedAt' | 'revision' | 'settings'
> & {
  /** Size of the sealed object, bytes. */
  readonly sizeBytes: number;
};

export type PromptTemplate = PromptTemplateSummary & { readonly content: Confidential<PromptContent> };

/** A content that was replaced, without it. */
export type PromptVersionSummary = {
  readonly number: number;
  /** When this content was saved, and the name of who did. */
  readonly savedAt: Date;
  readonly savedBy: string;
  /** Size of the sealed object, bytes. */
  readonly sizeBytes: number;
};

export type PromptVersion = PromptVersionSummary & { readonly content: Confidential<PromptContent> };

export type PromptTemplateChange = Omit<SaveConditions, 'keepVersion'> & {
  readonly name?: string;
  readonly description?: string;
  readonly settings?: Partial<AssetSettings>;
  readonly content?: Confidential<PromptContent>;
};

/**
 * Prompt templates of projects: a prompt with its model and parameters, in chat mode with the output. Checks as `AssetService` does, and a
 * template's lock and versions as `AssetLockService` and `AssetPartService` do.
 */
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
  /** @throws AppError `failed-precondition` where a condition of the save does not hold, see `SaveConditions` */
  change(actor: Actor, projectId: string, id: string, change: PromptTemplateChange): Promise<PromptTemplateSummary>;
  /** @returns the deletion receipt */
  delete(actor: Actor, projectId: string, id: string): Promise<string>;

  /** The newest first. */
  listVersions(actor: Actor, projectId: string, id: string): Promise<readonly PromptVersionSummary[]>;
  /** @throws AppError `not-found`; `failed-precondition` (reason `content-missing`) where that version does not open */
  getVersion(actor: Actor, projectId: string, id: string, number: number): Promise<PromptVersion>;
  /** Makes a version the content again. The content that it replaces stays as a version in any case. */
  restoreVersion(
    actor: Actor,
    projectId: string,
    id: string,
    number: number,
    conditions: Pick<SaveConditions, 'ifRevision' | 'editorId'>,
  ): Promise<PromptTemplateSummary>;
  /** @returns the deletion receipt */
  deleteVersion(actor: Actor, projectId: string, id: string, number: number): Promise<string>;

  /** Undefined when nobody holds it. */
  getLock(actor: Actor, projectId: string, id: string): Promise<AssetLock | undefined>;
  /** Takes or renews it, see `AssetLockService.take`. */
  takeLock(
    actor: Actor,
    projectId: string,
    id: string,
    request: Omit<Parameters<AssetLockService['take']>[3], 'type' | 'lockType'>,
  ): Promise<AssetLock>;
  giveLockBack(actor: Actor, projectId: string, id: string, editorId: string): Promise<void>;
};

export function createPromptTemplates(options: {
  readonly assets: AssetService;
  readonly parts: AssetPartService;
  readonly locks: AssetLockService;
}): PromptTemplateService {
  const { assets, parts, locks } = options;

  /** Assets of other types share the ids' space; for this service they are not there. An asset's type never changes. */
  async function requireTemplateToWrite(actor: Actor, projectId: string, id: string): Promise<void> {
    const asset = await assets.get(actor, projectId, id, 'write-asset');
    if (asset.type !== PROMPT_TEMPLATE) throw notFound('asset', id);
  }

  async function openVersion(actor: Actor, projectId: string, id: string, number: number) {
    const [opened] = await parts.open(actor, projectId, id, { type: PROMPT_TEMPLATE, kind: KIND, numbers: [number] });
    if (opened === undefined) throw notFound('version', String(number));
    const { part, content } = opened;
    if (content === undefined) {
      throw new AppError(
        'failed-precondition',
        `Version ${number} does not open: its content is damaged or gone. Other versions are not touched by that.`,
        { details: { reason: 'content-missing' } },
      );
    }
    return { part, content: decodePromptTemplateContent(content) };
  }

  return {
    async save(actor, projectId, { name, description, content }) {
      const encoded = encodePromptTemplateContent(content);
      return summaryOf(
        await assets.create(actor, projectId, { type: PROMPT_TEMPLATE, name, description, content: encoded }),
      );
    },
    async list(actor, projectId, { query, ...request }) {
      const search = query === undefined || query === '' ? {} : { search: query };
      const page = await assets.list(actor, projectId, { ...request, ...search, type: PROMPT_TEMPLATE });
      return { ...page, items: page.items.map(summaryOf) };
    },
    async get(actor, projectId, id) {
      const { asset, content } = await assets.open(actor, projectId, id, PROMPT_TEMPLATE);
      return { ...summaryOf(asset), content: decodePromptTemplateContent(content) };
    },
    async change(actor, projectId, id, { content, ...rest }) {
      const encoded = content === undefined ? {} : { content: encodePromptTemplateContent(content) };
      await requireTemplateToWrite(actor, projectId, id);
      return summaryOf(await assets.change(actor, projectId, id, { ...rest, ...encoded }));
    },
    async delete(actor, projectId, id) {
      await requireTemplateToWrite(actor, projectId, id);
      return assets.delete(actor, projectId, id);
    },

    async listVersions(actor, projectId, id) {
      const page = await parts.list(actor, projectId, id, { type: PROMPT_TEMPLATE, kind: KIND, limit: MOST_VERSIONS });
      return page.items.map(versionOf);
    },
    async getVersion(actor, projectId, id, number) {
      const { part, content } = await openVersion(actor, projectId, id, number);
      return { ...versionOf(part), content };
    },
    async restoreVersion(actor, projectId, id, number, conditions) {
      await requireTemplateToWrite(actor, projectId, id);
      const { content } = await openVersion(actor, projectId, id, number);
      const encoded = encodePromptTemplateContent(content);
      const change = { content: encoded, keepVersion: 'always' as const, ...conditions };
      return summaryOf(await assets.change(actor, projectId, id, change));
    },
    deleteVersion: (actor, projectId, id, number) =>
      parts.delete(actor, projectId, id, { type: PROMPT_TEMPLATE, kind: KIND, number }),

    getLock: (actor, projectId, id) => locks.get(actor, projectId, id, { type: PROMPT_TEMPLATE }),
    takeLock: (actor, projectId, id, request) =>
      locks.take(actor, projectId, id, { ...request, type: PROMPT_TEMPLATE }),
    giveLockBack: (actor, projectId, id, editorId) =>
      locks.giveBack(actor, projectId, id, { type: PROMPT_TEMPLATE, editorId }),
  };
}

function summaryOf(asset: Asset): PromptTemplateSummary {
  const { id, projectId, name, description, sealedSizeBytes, createdAt, createdBy, updatedAt, revision } = asset;
  const { settings } = asset;
  return {
    id,
    projectId,
    name,
    description,
    sizeBytes: sealedSizeBytes,
    createdAt,
    createdBy,
    updatedAt,
    revision,
    settings,
  };
}

function versionOf({ number, createdAt, createdBy, sealedSizeBytes }: AssetPart): PromptVersionSummary {
  return { number, savedAt: createdAt, savedBy: createdBy, sizeBytes: sealedSizeBytes };
}
