import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { Session } from '../../contract/app/index.ts';
import { type ApiError, onSessionEnd, toApiError } from './api/client.ts';
import { findSession, signOut } from './api/identity.ts';
import { forgetEverything } from './page-memory.ts';

type SessionState = {
  /** undefined: not known yet; null: nobody is signed in. */
  session: Session | null | undefined;
  /** Why the session could not be looked up. */
  error: ApiError | undefined;
  /** Whether the last session ended by itself, so that the sign-in page says what became of unsaved text. */
  hasExpired: boolean;
  begin: (session: Session) => void;
  end: () => Promise<void>;
  /** Asks the server again, which also keeps an idle session alive. */
  refresh: () => void;
};

const SessionContext = createContext<SessionState | undefined>(undefined);
const sessionKey = ['session'];
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function SessionProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [hasExpired, setHasExpired] = useState(false);
  const { data: session, error, refetch } = useQuery({ queryKey: sessionKey, queryFn: findSession, staleTime: 60_000 });

  const forget = useCallback(() => {
    forgetEverything();
    void queryClient.cancelQueries();
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
    queryClient.getMutationCache().clear();
    queryClient.setQueryData(sessionKey, null);
  }, [queryClient]);

  useEffect(() => {
    onSessionEnd(() => {
      setHasExpired(true);
      forget();
    });
  }, [forget]);

  const expiresAt = session?.expiresAt;
  useEffect(() => {
    if (expiresAt === undefined) return;
    const delay = Math.min(Math.max(new Date(expiresAt).getTime() - Date.now(), 0) + 1000, LONGEST_TIMER_MS);
    const timer = setTimeout(async () => {
      const { data } = await refetch();
      if (data === null) {
        setHasExpired(true);
        forget();
      }
    }, delay);
    return () => clearTimeout(timer);
  }, [expiresAt, refetch, forget]);

  const state = useMemo<SessionState>(
    () => ({
      session,
      error: error === null ? undefined : toApiError(error),
      hasExpired,
      begin: (next) => {
        setHasExpired(false);
        queryClient.setQueryData(sessionKey, next);
      },
      end: async () => {
        await signOut();
        setHasExpired(false);
        forget();
      },
      refresh: () => void refetch(),
    }),
    [session, error, hasExpired, queryClient, forget, refetch],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (state === undefined) throw new Error('useSession needs a SessionProvider');
  return state;
}
