import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const SayContext = createContext<(phrase: string) => void>(() => {});

/** One polite live region for the whole page: screen readers hear short phrases ("Answer complete, 45 tokens"), never every token. */
export function LivePhrases({ children }: { children: ReactNode }) {
  const [phrase, setPhrase] = useState('');
  const say = useCallback((next: string) => {
    setPhrase('');
    setTimeout(() => setPhrase(next), 50);
  }, []);
  return (
    <SayContext value={say}>
      {children}
      <div className="cl-visually-hidden" role="status" aria-live="polite">
        {phrase}
      </div>
    </SayContext>
  );
}

export const useSay = (): ((phrase: string) => void) => useContext(SayContext);
