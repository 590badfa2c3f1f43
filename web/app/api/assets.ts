import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type {
  Asset,
  AssetList,
  AssetSort,
  ChangeAssetRequest,
  Deletion,
  SortOrder,
} from '../../../contract/app/index.ts';
import { request } from './client.ts';

/** What of a project's assets is shown, and in which order; an empty text filters nothing. */
export type AssetFilters = {
  readonly query: string;
  readonly type: string;
  readonly tag: string;
  readonly creator: string;
  readonly sort: AssetSort;
  readonly order: SortOrder;
};

const PAGE_SIZE = 50;
const listKey = (projectId: string) => ['assets', projectId];
const pathOf = (projectId: string, assetId = '') =>
  `/projects/${projectId}/assets${assetId === '' ? '' : `/${assetId}`}`;

/** Where the browser itself gets the content of an asset from, as a file. */
export const assetContentAddress = (projectId: string, assetId: string): string =>
  `/api/v1${pathOf(projectId, assetId)}/content`;

/** Deletes one asset for good, and leaves it to the caller to ask for the lists again. */
export const deleteAsset = (projectId: string, assetId: string): Promise<Deletion> =>
  request<Deletion>(pathOf(projectId, assetId), { method: 'DELETE' });

export function useAssets(projectId: string, { query, ...filters }: AssetFilters) {
  return useInfiniteQuery({
    queryKey: [...listKey(projectId), { query, ...filters }],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) => {
      const given = Object.entries({ ...filters, q: query, cursor: pageParam }).filter(([, value]) => value !== '');
      const body = { limit: PAGE_SIZE, ...Object.fromEntries(given) };
      return request<AssetList>(pathOf(projectId, 'search'), { method: 'POST', body, signal });
    },
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (previous) => previous,
  });
}

export function useAssetChanges(projectId: string) {
  const queryClient = useQueryClient();
  // A prompt template is in a list of its own too, and what is in the bucket goes with its asset.
  const refresh = () =>
    Promise.all(
      [
        listKey(projectId),
        ['prompt-templates', projectId],
        ['bucket-objects', projectId],
        ['bucket-summary', projectId],
      ].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  const change = useMutation({
    mutationFn: ({ id, ...body }: ChangeAssetRequest & { id: string }) =>
      request<Asset>(pathOf(projectId, id), { method: 'PATCH', body }),
    onSuccess: refresh,
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: (id: string) => deleteAsset(projectId, id),
    onSuccess: refresh,
  });
  return { change, remove, refresh };
}
