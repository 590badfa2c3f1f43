import type { Asset, Deletion } from '../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';

export type DeletedAsset = { readonly asset: Asset; readonly receipt: string };
export type KeptAsset = { readonly asset: Asset; readonly error: ApiError };
export type BulkDeletion = { readonly deleted: readonly DeletedAsset[]; readonly kept: readonly KeptAsset[] };

/**
 * Deletes assets one after the other, so that each has its receipt and one that cannot go stops no other. Once the server does not answer,
 * or nobody is signed in any more, the rest is kept without being tried.
 * @param remove deletes one, by its id
 * @param onProgress is told how many were tried
 */
export async function deleteEach(
  assets: readonly Asset[],
  remove: (assetId: string) => Promise<Deletion>,
  onProgress: (tried: number) => void,
): Promise<BulkDeletion> {
  const deleted: DeletedAsset[] = [];
  const kept: KeptAsset[] = [];
  let final: ApiError | undefined;
  for (const [index, asset] of assets.entries()) {
    if (final !== undefined) {
      kept.push({ asset, error: final });
      continue;
    }
    try {
      deleted.push({ asset, receipt: (await remove(asset.id)).receipt });
    } catch (thrown) {
      const error = toApiError(thrown);
      kept.push({ asset, error });
      if (error.problem.status === 0 || error.problem.status === 401) final = error;
    }
    onProgress(index + 1);
  }
  return { deleted, kept };
}

/** All receipts as one JSON file: ids and signed statements, without the names that people gave. */
export const receiptsFile = (deleted: readonly DeletedAsset[]): string =>
  `${JSON.stringify({ receipts: deleted.map(({ asset, receipt }) => ({ assetId: asset.id, receipt })) }, null, 2)}\n`;
