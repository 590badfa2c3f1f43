import { z } from 'zod';
import { description, displayName, id, instant } from './common.ts';

/** The type of what people upload: training data, documents. */
export const DATA_ASSET = 'data-asset';

export const assetTag = z.string().trim().min(1).max(40);
export const assetTags = z.array(assetTag).max(20).describe('Each once, letter case aside');

/** Metadata of whatever is saved in a project, of any type: in the database, seen by every collaborator. */
export const asset = z.strictObject({
  id,
  type: z.string().describe('`prompt-template`, `data-asset` …'),
  name: displayName,
  description,
  tags: assetTags,
  mediaType: z.string().describe('What the content says it is, `text/csv`; empty where nobody said'),
  sizeBytes: z.int().optional().describe('Size of the content; absent when it was saved before this was kept'),
  sealedSizeBytes: z.int().describe('Size of the sealed object; 0 when its content is missing'),
  createdAt: instant,
  createdByUserId: id,
  createdBy: z.string().describe('Name of the person; empty when they are no member any more'),
  updatedAt: instant,
});
export type Asset = z.infer<typeof asset>;

export const assetSort = z.enum(['updated', 'created', 'name', 'size']);
export type AssetSort = z.infer<typeof assetSort>;
export const sortOrder = z.enum(['ascending', 'descending']);
export type SortOrder = z.infer<typeof sortOrder>;

/** `GET /projects/{projectId}/assets?…` */
export const assetListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor: z.string().max(2000).optional().describe('`nextCursor` of the page before, of the same list'),
  q: z.string().max(200).optional().describe('Text in the name, the description or a tag, letter case aside'),
  type: z.string().max(100).optional(),
  tag: z.string().max(100).optional().describe('A whole tag, as it is written'),
  creator: z.string().max(100).optional().describe('Id of the person who saved it'),
  sort: assetSort.optional().describe('`updated` unless told'),
  order: sortOrder.optional().describe('Names ascending, everything else descending unless told'),
});
export const assetList = z.strictObject({
  items: z.array(asset),
  nextCursor: z.string().optional(),
  total: z
    .strictObject({ count: z.int(), isAll: z.boolean().describe('False: there are more than were counted') })
    .optional()
    .describe('Of all pages; with the first page only'),
});
export type AssetList = z.infer<typeof assetList>;

/** `PATCH /projects/{projectId}/assets/{assetId}` */
export const changeAssetRequest = z
  .strictObject({ name: displayName.optional(), description: description.optional(), tags: assetTags.optional() })
  .refine((change) => Object.keys(change).length > 0, 'name, description or tags is needed');
export type ChangeAssetRequest = z.infer<typeof changeAssetRequest>;
