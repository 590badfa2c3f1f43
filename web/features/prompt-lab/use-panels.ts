import { useEffect, useMemo, useRef, useState } from 'react';

export type Panels = {
  isSavedOpen: boolean;
  isSettingsOpen: boolean;
  /** A panel lies over the editor, which must not be reached behind it. */
  isCovering: boolean;
  toggleSaved: () => void;
  toggleSettings: () => void;
  closeSaved: () => void;
  closeSettings: () => void;
};

/** Wide windows show the panels beside the editor; in narrow ones they lie over it, one at a time, and start closed. */
const besideEditor = window.matchMedia('(min-width: 66rem)');
const roomForBoth = window.matchMedia('(min-width: 99rem)');

/** `openId`: what the editor shows; a panel that lies over it closes when another prompt is opened from it. */
export function usePanels(openId: string | undefined): Panels {
  const [isSavedOpen, setSaved] = useState(roomForBoth.matches);
  const [isSettingsOpen, setSettings] = useState(besideEditor.matches);
  const [isBeside, setIsBeside] = useState(besideEditor.matches);

  useEffect(() => {
    const adapt = () => {
      setIsBeside(besideEditor.matches);
      setSettings(besideEditor.matches);
      if (!roomForBoth.matches) setSaved(false);
    };
    besideEditor.addEventListener('change', adapt);
    return () => besideEditor.removeEventListener('change', adapt);
  }, []);

  const shownId = useRef(openId);
  useEffect(() => {
    if (shownId.current === openId) return;
    shownId.current = openId;
    if (!besideEditor.matches) setSaved(false);
  }, [openId]);

  const isCovering = !isBeside && (isSavedOpen || isSettingsOpen);
  useEffect(() => {
    if (!isCovering) return;
    const closeOnEscape = ({ key, defaultPrevented }: KeyboardEvent) => {
      if (key !== 'Escape' || defaultPrevented || document.querySelector('.cds--modal.is-visible') !== null) return;
      setSaved(false);
      setSettings(false);
    };
    document.addEventListener('keydown', closeOnEscape);
    return () => document.removeEventListener('keydown', closeOnEscape);
  }, [isCovering]);

  return useMemo(
    () => ({
      isSavedOpen,
      isSettingsOpen,
      isCovering,
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
    [isSavedOpen, isSettingsOpen, isCovering],
  );
}
