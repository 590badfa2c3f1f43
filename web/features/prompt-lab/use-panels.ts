import { useEffect, useMemo, useState } from 'react';

export type Panels = {
  isSavedOpen: boolean;
  isSettingsOpen: boolean;
  toggleSaved: () => void;
  toggleSettings: () => void;
  closeSaved: () => void;
  closeSettings: () => void;
};

/** Wide windows show the panels beside the editor; in narrow ones they lie over it, one at a time, and start closed. */
const besideEditor = window.matchMedia('(min-width: 66rem)');
const roomForBoth = window.matchMedia('(min-width: 99rem)');

export function usePanels(): Panels {
  const [isSavedOpen, setSaved] = useState(roomForBoth.matches);
  const [isSettingsOpen, setSettings] = useState(besideEditor.matches);

  useEffect(() => {
    const adapt = () => {
      setSettings(besideEditor.matches);
      if (!roomForBoth.matches) setSaved(false);
    };
    besideEditor.addEventListener('change', adapt);
    return () => besideEditor.removeEventListener('change', adapt);
  }, []);

  return useMemo(
    () => ({
      isSavedOpen,
      isSettingsOpen,
      toggleSaved: () => {
        setSaved(!isSavedOpen);
        if (!besideEditor.matches) setSettings(false);
      },
      toggleSettings: () => {
        setSettings(!isSettingsOpen);
        if (!besideEditor.matches) setSaved(false);
      },
      closeSaved: () => setSaved(false),
      closeSettings: () => setSettings(false),
    }),
    [isSavedOpen, isSettingsOpen],
  );
}
