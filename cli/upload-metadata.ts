import type { UploadMetadata } from '../contract/app/index.ts';

/** The value of `Upload-Metadata`: pairs of a name and its value in base64 (https://tus.io/protocols/resumable-upload#creation). */
export function uploadMetadataHeader({ name, description = '', tags = [] }: UploadMetadata): string {
  const values = { name, description, tags: JSON.stringify(tags) };
  return Object.entries(values)
    .map(([field, value]) => `${field} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}
