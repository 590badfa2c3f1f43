import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type {
  BucketAccess,
  BucketGrant,
  BucketObject,
  BucketSummary,
  Deletion,
  GrantedBucket,
} from '../../../contract/app/index.ts';
import { request } from './client.ts';

type ObjectPage = { items: BucketObject[]; nextCursor?: string };

const PAGE_SIZE = 50;
const bucketsKey = ['buckets'];
const grantsKey = (projectId: string) => ['bucket-grants', projectId];
const summaryKey = (projectId: string) => ['bucket-summary', projectId];
const objectsKey = (projectId: string) => ['bucket-objects', projectId];
const grantPath = (projectId: string, userId = '') =>
  `/projects/${projectId}/bucket/grants${userId === '' ? '' : `/${userId}`}`;

export const objectPath = (projectId: string, objectId: string): string =>
  `/projects/${projectId}/bucket/objects/${objectId}`;

/** Where the browser itself gets the object from, as a file. */
export const downloadAddress = (projectId: string, objectId: string): string =>
  `/api/v1${objectPath(projectId, objectId)}`;

/** The buckets that the person was granted, with or without a role in the project. */
export function useGrantedBuckets() {
  return useQuery({
    queryKey: bucketsKey,
    queryFn: ({ signal }) => request<{ items: GrantedBucket[] }>('/buckets', { signal }).then((list) => list.items),
  });
}

export function useBucketGrants(projectId: string) {
  return useQuery({
    queryKey: grantsKey(projectId),
    queryFn: ({ signal }) =>
      request<{ items: BucketGrant[] }>(grantPath(projectId), { signal }).then((list) => list.items),
  });
}

export function useBucketGrantChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all([grantsKey(projectId), bucketsKey].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  const put = useMutation({
    mutationFn: ({ userId, access }: { userId: string; access: BucketAccess }) =>
      request<void>(grantPath(projectId, userId), { method: 'PUT', body: { access } }),
    onSettled: refresh,
  });
  const revoke = useMutation({
    mutationFn: (userId: string) => request<void>(grantPath(projectId, userId), { method: 'DELETE' }),
    // Not waited for: whoever gives their own back leaves the page first, and it never says that the bucket is not found.
    onSuccess: (_, userId) => {
      queryClient.setQueryData<BucketGrant[]>(grantsKey(projectId), (before) =>
        before?.filter((grant) => grant.userId !== userId),
      );
      void refresh();
    },
  });
  return { put, revoke };
}

/** What kind of storage the bucket is in, and how much it holds. */
export function useBucketSummary(projectId: string) {
  return useQuery({
    queryKey: summaryKey(projectId),
    queryFn: ({ signal }) => request<BucketSummary>(`/projects/${projectId}/bucket`, { signal }),
  });
}

/** What is in the bucket, newest first. */
export function useBucketObjects(projectId: string) {
  return useInfiniteQuery({
    queryKey: objectsKey(projectId),
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) => {
      const search = new URLSearchParams({ limit: String(PAGE_SIZE) });
      if (pageParam !== '') search.set('cursor', pageParam);
      return request<ObjectPage>(`/projects/${projectId}/bucket/objects?${search}`, { signal });
    },
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function useObjectChanges(projectId: string) {
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all(
      [objectsKey(projectId), summaryKey(projectId)].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  const remove = useMutation({
    mutationFn: (objectId: string) => request<Deletion>(objectPath(projectId, objectId), { method: 'DELETE' }),
    // A saved prompt whose object is gone cannot be opened any more; its list must not offer it from memory.
    onSuccess: () =>
      Promise.all([refresh(), queryClient.invalidateQueries({ queryKey: ['prompt-templates', projectId] })]),
  });
  return { remove, refresh };
}
