import type { CatalogueSource } from '../model-catalogue.ts';
import type { ExpectedFile, ModelFileStore } from '../model-file-store.ts';
import type { PartialModelFile } from '../partial-model-file.ts';

/** How far a fetch has come. `totalBytes` is `null` while nobody knows it. */
export type FetchProgress = { readonly receivedBytes: number; readonly totalBytes: number | null };

export type FetchOptions = {
  readonly modelId: string;
  readonly files: ModelFileStore;
  readonly onProgress: (progress: FetchProgress) => void;
  readonly signal: AbortSignal;
};

/** A whole file that was received but not yet checked. */
export type FetchedFile = { readonly part: PartialModelFile; readonly expected: ExpectedFile };

/** Port: a place that model files come from. */
export type ModelSource<Source extends CatalogueSource = CatalogueSource> = {
  /** For people: `Hugging Face`. */
  readonly name: string;
  readonly kind: Source['kind'];
  /**
   * Brings the whole file into a part of the store, going on from what an earlier fetch of the same file left there. It must not
   * check or install the file: the store does. Its own temporary files are gone when it returns or throws.
   * @throws AppError that says in one sentence why this source can't give the file now and, where somebody can do something
   *   about it, what; `cancelled` when the signal aborts.
   */
  receive(source: Source, options: FetchOptions): Promise<FetchedFile>;
};
