import { z } from 'zod';
import { assetPartKinds } from '../asset-part-store.ts';
import type { Asset } from '../asset-store.ts';

/** The last entry of an archive: what is in it. The format is told in docs/export.md. */
export const MANIFEST_PATH = 'manifest.json';

/** The most assets and objects that an archive has. The same at the export as at the import: what was exported can be taken in. */
export const MOST_ENTRIES = 200_000;
export const MOST_MANIFEST_BYTES = 48 * 1024 * 1024;

/** What a prompt template is in an archive: JSON, as it is sealed. */
const PROMPT_TEMPLATE_FILE = 'prompt-template.json';

const content = {
  /** Where it is in the archive. */
  path: z.string().regex(/^(assets|parts|objects)\/[0-9a-f-]{36}\/[A-Za-z0-9._-]{1,100}$/),
  sizeBytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};

export const archivedAsset = z.object({
  id: z.uuid(),
  type: z.string().min(1).max(50),
  name: z.string().trim().min(1).max(120),
  description: z.string().max(1000),
  tags: z.array(z.string()).max(20),
  mediaType: z.string().max(200),
  createdAt: z.iso.datetime(),
  /** Name of the person; empty when they are no member any more. */
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  settings: z.object({ autosaves: z.boolean(), keepsVersions: z.boolean() }).optional(),
  /** Absent: it stays until it is deleted. */
  expiresAt: z.iso.datetime().optional(),
  /** Absent when it was missing from the bucket already. */
  content: z.object(content).optional(),
});
export type ArchivedAsset = z.infer<typeof archivedAsset>;

/** A version of an asset, or an entry of a session; its content as an asset's. In the order of assets and numbers. */
export const archivedPart = z.object({
  id: z.uuid(),
  assetId: z.uuid(),
  kind: z.enum(assetPartKinds),
  number: z.int().min(1),
  name: z.string().max(120),
  description: z.string().max(1000),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().optional(),
  content: z.object(content).optional(),
});
export type ArchivedPart = z.infer<typeof archivedPart>;

/** An object of the bucket that belongs to no asset; its content as an asset's. */
export const archivedObject = z.object({
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  content: z.object(content).optional(),
});
export type ArchivedObject = z.infer<typeof archivedObject>;

/** A manifest without its entries. Members that a later version adds are passed over; what this one cannot read gets another `version`. */
export const manifestHead = z.object({
  format: z.literal('cloister-project'),
  /** 2 where there are parts of assets, which earlier versions of Cloister cannot read. */
  version: z.union([z.literal(1), z.literal(2)]),
  madeAt: z.iso.datetime(),
  project: z.object({ name: z.string(), description: z.string() }),
});
export type ManifestHead = z.infer<typeof manifestHead>;

export type ArchiveManifest = ManifestHead & {
  readonly assets: readonly ArchivedAsset[];
  readonly parts: readonly ArchivedPart[];
  readonly objects: readonly ArchivedObject[];
};

export type ArchivedContent = NonNullable<ArchivedAsset['content']>;

/** Where an asset's content goes: under its id, so that no two collide, by a name that no system takes for anything but a file's. */
export function pathOfAsset({ id, type, name }: Pick<Asset, 'id' | 'type' | 'name'>): string {
  const plain = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80);
  return `assets/${id}/${type === 'prompt-template' ? PROMPT_TEMPLATE_FILE : plain === '' ? 'content' : plain}`;
}

export function pathOfPart(partId: string): string {
  return `parts/${partId}/content`;
}

export function pathOfObject(objectId: string): string {
  return `objects/${objectId}/content`;
}
