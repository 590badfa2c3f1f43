import { type Query, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { Session } from '../../contract/app/index.ts';
import { type ApiError, onSessionEnd, toApiError } from './api/client.ts';
import { findSession, signOut } from './api/identity.ts';
import { forgetEverything } from './page-memory.ts';
import { onNewsFromOtherTabs, tellOtherTabs } from './session-news.ts';

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

  /** Everything that the page holds of a person, but not who is signed in. */
  const forgetPerson = useCallback(() => {
    const ofPerson = { predicate: (query: Query) => query.queryKey[0] !== sessionKey[0] };
    forgetEverything();
    void queryClient.cancelQueries(ofPerson);
    queryClient.removeQueries(ofPerson);
    queryClient.getMutationCache().clear();
  }, [queryClient]);

  const forget = useCallback(() => {
    forgetPerson();
    void queryClient.cancelQueries({ queryKey: sessionKey });
    queryClient.setQueryData(sessionKey, null);
  }, [queryClient, forgetPerson]);

  /** Another tab may have ended the session or begun one of another person: what this tab holds of the first one goes before anything is shown. */
  const look = useCallback(async () => {
    const found = await findSession();
    const before = queryClient.getQueryData<Session | null>(sessionKey);
    if (before != null && before.user.id !== found?.user.id) {
      forgetPerson();
      setHasExpired(found === null);
    }
    return found;
  }, [queryClient, forgetPerson]);

  const { data: session, error, refetch } = useQuery({ queryKey: sessionKey, queryFn: look, staleTime: 60_000 });

  useEffect(() => {
    onSessionEnd(() => {
      setHasExpired(true);
      forget();
      tellOtherTabs('look-again');
    });
  }, [forget]);

  useEffect(() => {
    const lookAgain = () => {
      if (document.visibilityState === 'visible') void refetch();
    };
    const stopListening = onNewsFromOtherTabs((news) => {
      if (news === 'look-again') return void refetch();
      setHasExpired(queryClient.getQueryData(sessionKey) != null);
      forget();
    });
    window.addEventListener('focus', lookAgain);
    document.addEventListener('visibilitychange', lookAgain);
    return () => {
      stopListening();
      window.removeEventListener('focus', lookAgain);
      document.removeEventListener('visibilitychange', lookAgain);
    };
  }, [queryClient, refetch, forget]);

  const expiresAt = session?.expiresAt;
  useEffect(() => {
    if (expiresAt === undefined) return;
    const delay = Math.min(Math.max(new Date(expiresAt).getTime() - Date.now(), 0) + 1000, LONGEST_TIMER_MS);
    const timer = setTimeout(() => void refetch(), delay);
    return () => clearTimeout(timer);
  }, [expiresAt, refetch]);

  const state = useMemo<SessionState>(
    () => ({
      session,
      error: error === null ? undefined : toApiError(error),
      hasExpired,
      begin: (next) => {
        setHasExpired(false);
        queryClient.setQueryData(sessionKey, next);
        tellOtherTabs('look-again');
      },
      end: async () => {
        await signOut();
        setHasExpired(false);
        forget();
        tellOtherTabs('signed-out');
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
