import { MAX_SESSION_ENTRIES, SESSION_DAYS, type SessionEntryContent } from '../../contract/app/index.ts';
import type { Asset, AssetPart, AssetPartService, AssetService } from '../assets/index.ts';
import { type Actor, type Clock, type Confidential, notFound, type Page, type PageRequest } from '../core/index.ts';
import { decodeSessionEntry, encodePromptSession, encodeSessionEntry } from './prompt-session-content.ts';

export const PROMPT_SESSION = 'prompt-session';
const KIND = 'entry';
const DAY_MS = 24 * 60 * 60 * 1000;
const ENTRIES_A_PAGE = 20;

/** Metadata of a session. */
export type PromptSessionSummary = Pick<
  Asset,
  'id' | 'projectId' | 'name' | 'description' | 'createdAt' | 'createdBy' | 'updatedAt'
> & {
  readonly entryCount: number;
  /** When it is gone, with what is left of it. */
  readonly expiresAt: Date;
};

/** A submitted prompt, without it. */
export type SessionEntrySummary = {
  readonly id: string;
  readonly number: number;
  readonly submittedAt: Date;
  /** Name of the person. */
  readonly submittedBy: string;
  readonly expiresAt: Date;
};

export type SessionEntry = SessionEntrySummary & {
  /** Absent: it is damaged, or its bytes or its key are gone. */
  readonly entry?: Confidential<SessionEntryContent>;
};

/**
 * Prompt sessions of projects: what was submitted while somebody worked, with the answers. At most `MAX_SESSION_ENTRIES` entries, of more the
 * oldest go; an entry is gone `SESSION_DAYS` after it was submitted, and a session so long after it was made, so that nothing in it is ever
 * older. Checks as `AssetService` does.
 */
export type PromptSessionService = {
  save(
    actor: Actor,
    projectId: string,
    session: { readonly name: string; readonly description: string },
  ): Promise<PromptSessionSummary>;
  /** Newest change first. */
  list(actor: Actor, projectId: string, request: PageRequest): Promise<Page<PromptSessionSummary>>;
  get(actor: Actor, projectId: string, id: string): Promise<PromptSessionSummary>;
  change(
    actor: Actor,
    projectId: string,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<PromptSessionSummary>;
  /** @returns the deletion receipt */
  delete(actor: Actor, projectId: string, id: string): Promise<string>;
  /** @param entry.id the same again adds nothing: a call whose answer was lost can be repeated */
  addEntry(
    actor: Actor,
    projectId: string,
    id: string,
    entry: { readonly id?: string; readonly entry: Confidential<SessionEntryContent> },
  ): Promise<SessionEntrySummary>;
  /** Opens a page of entries, the newest first. One that is damaged does not keep the others from being read. */
  listEntries(actor: Actor, projectId: string, id: string, request: PageRequest): Promise<Page<SessionEntry>>;
  /** @throws AppError `not-found`; `failed-precondition` where that entry does not open */
  getEntry(actor: Actor, projectId: string, id: string, number: number): Promise<SessionEntry>;
  /** @returns the deletion receipt */
  deleteEntry(actor: Actor, projectId: string, id: string, number: number): Promise<string>;
};

export function createPromptSessions(options: {
  readonly assets: AssetService;
  readonly parts: AssetPartService;
  readonly clock: Clock;
}): PromptSessionService {
  const { assets, parts, clock } = options;
  const expiryOf = (now: Date) => new Date(now.getTime() + SESSION_DAYS * DAY_MS);

  async function requireSession(actor: Actor, projectId: string, id: string, purpose: 'list-assets' | 'write-asset') {
    const asset = await assets.get(actor, projectId, id, purpose);
    if (asset.type !== PROMPT_SESSION) throw notFound('asset', id);
    return asset;
  }

  async function summaryOf(actor: Actor, projectId: string, asset: Asset): Promise<PromptSessionSummary> {
    const counts = await parts.count(actor, projectId, [asset.id], KIND);
    return toSummary(asset, counts.get(asset.id) ?? 0);
  }

  async function open(
    actor: Actor,
    projectId: string,
    id: string,
    numbers: readonly number[],
  ): Promise<SessionEntry[]> {
    const opened = await parts.open(actor, projectId, id, { type: PROMPT_SESSION, kind: KIND, numbers });
    return opened.map(({ part, content }) => ({
      ...toEntry(part),
      ...(content === undefined ? {} : { entry: decodeSessionEntry(content) }),
    }));
  }

  return {
    async save(actor, projectId, { name, description }) {
      const content = encodePromptSession();
      const expiresAt = expiryOf(clock.now());
      const asset = await assets.create(actor, projectId, {
        type: PROMPT_SESSION,
        name,
        description,
        content,
        expiresAt,
      });
      return toSummary(asset, 0);
    },
    async list(actor, projectId, request) {
      const page = await assets.list(actor, projectId, { ...request, type: PROMPT_SESSION });
      const ids = page.items.map(({ id }) => id);
      const counts = await parts.count(actor, projectId, ids, KIND);
      return { ...page, items: page.items.map((asset) => toSummary(asset, counts.get(asset.id) ?? 0)) };
    },
    async get(actor, projectId, id) {
      return summaryOf(actor, projectId, await requireSession(actor, projectId, id, 'list-assets'));
    },
    async change(actor, projectId, id, change) {
      await requireSession(actor, projectId, id, 'write-asset');
      return summaryOf(actor, projectId, await assets.change(actor, projectId, id, change));
    },
    async delete(actor, projectId, id) {
      await requireSession(actor, projectId, id, 'write-asset');
      return assets.delete(actor, projectId, id);
    },
    async addEntry(actor, projectId, sessionId, { id, entry }) {
      const part = await parts.add(actor, projectId, sessionId, {
        type: PROMPT_SESSION,
        kind: KIND,
        ...(id === undefined ? {} : { id }),
        content: encodeSessionEntry(entry),
        mostKept: MAX_SESSION_ENTRIES,
        expiresAt: expiryOf(clock.now()),
      });
      return toEntry(part);
    },
    async listEntries(actor, projectId, id, { limit = ENTRIES_A_PAGE, cursor }) {
      const asked = { type: PROMPT_SESSION, kind: KIND, limit, ...(cursor === undefined ? {} : { cursor }) } as const;
      // Opens nothing: whoever may not open a session is told so, however many entries it has, and whether there is one or not.
      await open(actor, projectId, id, []);
      const page = await parts.list(actor, projectId, id, asked);
      const numbers = page.items.map(({ number }) => number);
      return { ...page, items: await open(actor, projectId, id, numbers) };
    },
    async getEntry(actor, projectId, id, number) {
      const [entry] = await open(actor, projectId, id, [number]);
      if (entry === undefined) throw notFound('entry', String(number));
      return entry;
    },
    async deleteEntry(actor, projectId, id, number) {
      return parts.delete(actor, projectId, id, { type: PROMPT_SESSION, kind: KIND, number });
    },
  };
}

function toSummary(asset: Asset, entryCount: number): PromptSessionSummary {
  const { id, projectId, name, description, createdAt, createdBy, updatedAt, expiresAt } = asset;
  // A session that was imported without its end ends as one that was made then.
  const end = expiresAt ?? new Date(createdAt.getTime() + SESSION_DAYS * DAY_MS);
  return { id, projectId, name, description, createdAt, createdBy, updatedAt, entryCount, expiresAt: end };
}

/** An entry ends with its session at the latest, as the store sees to. */
function toEntry({ id, number, createdAt, createdBy, expiresAt }: AssetPart): SessionEntrySummary {
  const end = expiresAt ?? new Date(createdAt.getTime() + SESSION_DAYS * DAY_MS);
  return { id, number, submittedAt: createdAt, submittedBy: createdBy, expiresAt: end };
}
