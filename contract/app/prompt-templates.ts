import { z } from 'zod';
import { cursor, description, displayName, id, instant, wordsGoTo } from './common.ts';
import { promptContent } from './prompts.ts';

/** Settings of one template, kept with it on the server: the browser keeps nothing. */
export const promptTemplateSettings = z.strictObject({
  autosaves: z.boolean().describe('The page replaces the saved text as it is edited'),
  keepsVersions: z.boolean().describe('Replaced contents are kept as versions, 100 at most'),
});
export type PromptTemplateSettings = z.infer<typeof promptTemplateSettings>;

/** Metadata: in the database, seen by every collaborator of the project. */
export const promptTemplateSummary = z.strictObject({
  id,
  name: displayName,
  description,
  sizeBytes: z.int().describe('Size of the sealed object, bytes'),
  createdAt: instant,
  createdBy: z.string().describe('Name of the person'),
  updatedAt: instant,
  revision: z.int().describe('Grows with each change of the content'),
  settings: promptTemplateSettings,
});
export type PromptTemplateSummary = z.infer<typeof promptTemplateSummary>;

export const promptTemplate = promptTemplateSummary.extend({ content: promptContent });
export type PromptTemplate = z.infer<typeof promptTemplate>;

/** `POST /projects/{projectId}/prompt-templates`. In chat mode the model's output is saved too. */
export const savePromptTemplateRequest = z.strictObject({
  name: displayName,
  description: description.default(''),
  content: promptContent,
});

/** `PATCH /projects/{projectId}/prompt-templates/{id}`: rename, describe, set, or replace the content. */
export const changePromptTemplateRequest = z
  .strictObject({
    name: displayName.optional(),
    description: description.optional(),
    settings: promptTemplateSettings.partial().optional(),
    content: promptContent.optional(),
    /** Replace only what has this revision; else `failed-precondition`, reason `content-changed`. */
    ifRevision: z.int().min(1).optional(),
    /** Chosen by the caller for one save and sent again with each retry: a save whose answer was lost is known again. */
    saveId: id.optional(),
    /** The editor that holds the template's lock, see {@link promptLock}. */
    editorId: id.optional(),
  })
  .refine(
    ({ name, description: about, settings, content }) =>
      [name, about, settings, content].some((value) => value !== undefined),
    'name, description, settings or content is needed',
  );
/** `GET /projects/{projectId}/prompt-templates?limit=&cursor=`: newest change first. */
export const promptTemplateListQuery = z.strictObject(
  { limit: z.coerce.number().int().min(1).max(200).optional(), cursor },
  wordsGoTo('POST /api/v1/projects/{projectId}/prompt-templates/search'),
);
/** `POST /projects/{projectId}/prompt-templates/search`: the same list; `q` looks in names, descriptions and tags. */
export const promptTemplateSearchRequest = z.strictObject({
  limit: z.int().min(1).max(200).optional(),
  cursor,
  q: z.string().max(200).optional(),
});
export const promptTemplateList = z.strictObject({
  items: z.array(promptTemplateSummary),
  nextCursor: z.string().optional(),
});

/** A content that was replaced. `GET …/{templateId}/versions` lists them, the newest first. */
export const promptVersionSummary = z.strictObject({
  number: z.int().min(1),
  savedAt: instant.describe('When this content was saved'),
  savedBy: z.string().describe('Name of the person'),
  sizeBytes: z.int(),
});
export type PromptVersionSummary = z.infer<typeof promptVersionSummary>;
export const promptVersionList = z.strictObject({ items: z.array(promptVersionSummary) });
/** `GET …/versions/{number}` opens it; `POST …/versions/{number}/restore` makes it the content again; `DELETE …/versions/{number}`. */
export const promptVersion = promptVersionSummary.extend({ content: promptContent });
export const promptVersionNumber = z.coerce.number().int().min(1);
export type PromptVersion = z.infer<typeof promptVersion>;
/** `POST …/versions/{number}/restore` */
export const restoreVersionRequest = z.strictObject({
  ifRevision: z.int().min(1).optional(),
  editorId: id.optional(),
});

/**
 * `GET …/{templateId}/lock`. Whoever edits holds the lock: the content can be replaced, and the template deleted, by that editor only. It
 * lasts 60 seconds from its last renewal.
 */
export const promptLock = z.strictObject({
  heldBy: z.string().describe('Name of the person'),
  isYours: z.boolean().describe('Held by the person who asks, perhaps in another window'),
  editorId: id.optional().describe('Told to the holder only'),
  takenAt: instant,
  expiresAt: instant.optional().describe('Absent: until it is given back or taken over'),
});
export type PromptLock = z.infer<typeof promptLock>;
export const promptLockState = z.strictObject({ lock: promptLock.optional() });
/** `PUT …/lock`: take it, or renew it; `force` takes it over from somebody else. `DELETE …/lock?editorId=` gives it back. */
export const takeLockRequest = z.strictObject({
  editorId: id.describe('Chosen by the editor, for as long as it is open'),
  force: z.boolean().default(false),
});
export const giveLockBackQuery = z.strictObject({ editorId: id });
