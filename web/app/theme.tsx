import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';

export type Appearance = 'system' | 'light' | 'dark';
type ThemeState = { appearance: Appearance; isDark: boolean; choose: (appearance: Appearance) => void };

const ThemeContext = createContext<ThemeState | undefined>(undefined);
const darkPreferred = window.matchMedia('(prefers-color-scheme: dark)');

/** Light, dark or as the system says. The choice lives in memory: this page keeps nothing in the browser. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [appearance, choose] = useState<Appearance>('system');
  const systemIsDark = useSyncExternalStore(watchSystem, () => darkPreferred.matches);
  const isDark = appearance === 'dark' || (appearance === 'system' && systemIsDark);

  useEffect(() => {
    document.documentElement.className = isDark ? 'cds--g100' : 'cds--white';
  }, [isDark]);

  const state = useMemo(() => ({ appearance, isDark, choose }), [appearance, isDark]);
  return <ThemeContext value={state}>{children}</ThemeContext>;
}

export function useTheme(): ThemeState {
  const state = useContext(ThemeContext);
  if (state === undefined) throw new Error('useTheme needs a ThemeProvider');
  return state;
}

function watchSystem(notify: () => void): () => void {
  darkPreferred.addEventListener('change', notify);
  return () => darkPreferred.removeEventListener('change', notify);
}
