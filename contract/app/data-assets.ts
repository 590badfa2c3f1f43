import { z } from 'zod';
import { cursor, description, displayName, id, instant, wordsGoTo } from './common.ts';

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

const ofAssetList = {
  cursor,
  type: z.string().max(100).optional(),
  creator: z.string().max(100).optional().describe('Id of the person who saved it'),
  order: sortOrder.optional().describe('Names ascending, everything else descending unless told'),
};
const sortDescription = '`updated` unless told';
const toSearch = wordsGoTo('POST /api/v1/projects/{projectId}/assets/search');

/** `GET /projects/{projectId}/assets?…`: nothing that has words in it, see {@link assetSearchRequest}. */
export const assetListQuery = z.strictObject(
  {
    ...ofAssetList,
    limit: z.coerce.number().int().min(1).max(200).optional(),
    sort: z
      .enum(assetSort.exclude(['name']).options, 'must be updated, created or size; by name: POST …/assets/search')
      .optional()
      .describe(`${sortDescription}; by name: search`),
  },
  toSearch,
);

/** `POST /projects/{projectId}/assets/search`: changes nothing. */
export const assetSearchRequest = z.strictObject({
  ...ofAssetList,
  limit: z.int().min(1).max(200).optional(),
  q: z.string().max(200).optional().describe('Text in the name, the description or a tag, letter case aside'),
  tag: z.string().max(100).optional().describe('A whole tag, as it is written'),
  sort: assetSort.optional().describe(sortDescription),
});
export type AssetSearchRequest = z.infer<typeof assetSearchRequest>;
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
