import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Account, AccountRole, CreatedLink, Invitation, Person } from '../../../contract/app/index.ts';
import { request } from './client.ts';

const peopleKey = ['people'];
const invitationsKey = ['invitations'];
const accountKey = ['account'];

export type PersonChange = { id: string; role?: AccountRole; isSuspended?: boolean };

export function usePeople() {
  return useQuery({
    queryKey: peopleKey,
    queryFn: ({ signal }) => request<{ items: Person[] }>('/people', { signal }).then((list) => list.items),
  });
}

export function usePersonChanges() {
  const queryClient = useQueryClient();
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: peopleKey });
  const change = useMutation({
    mutationFn: ({ id, ...body }: PersonChange) => request<Person>(`/people/${id}`, { method: 'PATCH', body }),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (id: string) => request<void>(`/people/${id}`, { method: 'DELETE' }),
    onSuccess,
  });
  const signOutEverywhere = useMutation({
    mutationFn: (id: string) => request<void>(`/people/${id}/sessions`, { method: 'DELETE' }),
  });
  const resetSecondFactor = useMutation({
    mutationFn: (id: string) => request<void>(`/people/${id}/second-factor-reset`, { method: 'POST', body: {} }),
    onSuccess,
  });
  const resetPassword = useMutation({
    mutationFn: (id: string) => request<CreatedLink>(`/people/${id}/password-reset`, { method: 'POST', body: {} }),
    gcTime: 0,
  });
  return { change, remove, signOutEverywhere, resetSecondFactor, resetPassword };
}

export function useInvitations() {
  return useQuery({
    queryKey: invitationsKey,
    queryFn: ({ signal }) => request<{ items: Invitation[] }>('/invitations', { signal }).then((list) => list.items),
  });
}

export function useInvitationChanges() {
  const queryClient = useQueryClient();
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: invitationsKey });
  const create = useMutation({
    mutationFn: (body: { email: string; role: AccountRole }) =>
      request<CreatedLink>('/invitations', { method: 'POST', body }),
    onSuccess,
    gcTime: 0,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => request<void>(`/invitations/${id}`, { method: 'DELETE' }),
    onSuccess,
  });
  return { create, revoke };
}

export function useAccount() {
  return useQuery({
    queryKey: accountKey,
    queryFn: ({ signal }) => request<Account>('/account', { signal }),
  });
}

export function useRenameAccount() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => request<Account>('/account', { method: 'PATCH', body: { name } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: accountKey }),
  });
}
