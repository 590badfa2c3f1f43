import { fileURLToPath } from 'node:url';
import { AppError, type Logger } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Bucket } from './bucket.ts';
import { type StorageConfig, storageConfig } from './config.ts';
import { createFilesystemBucket } from './filesystem-bucket.ts';
import { createSealedBucket, type SealedBucket } from './sealed-bucket.ts';

export type Storage = { readonly bucket: Bucket; readonly sealedBucket: SealedBucket };

/** Joins the room. Opens nothing yet: folders are made when a project needs them. */
export function createStorage(options: {
  readonly config: StorageConfig;
  readonly keys: KeyService;
  readonly logger: Logger;
}): Storage {
  const bucket = openBucket(storageConfig.parse(options.config).url);
  options.logger.info('storage is ready');
  return { bucket, sealedBucket: createSealedBucket({ bucket, keys: options.keys }) };
}

function openBucket(url: string): Bucket {
  const [, path] = /^file:(.+)$/s.exec(url) ?? [];
  if (path === undefined) {
    throw new AppError('invalid-argument', 'CLOISTER_BUCKET: must be "file:" and the path of a folder.');
  }
  return createFilesystemBucket({ root: path.startsWith('//') ? fileURLToPath(url) : path });
}
