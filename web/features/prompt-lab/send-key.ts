import type { KeyboardEvent } from 'react';

/** Ctrl+Enter or ⌘+Enter always; Enter alone where it is asked for, never while an input method is composing. */
export function isSendKey(event: KeyboardEvent, enterSends: boolean): boolean {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return false;
  return event.ctrlKey || event.metaKey || (enterSends && !event.shiftKey && !event.altKey);
}

export const sendKeyLabel = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? '⌘ Enter' : 'Ctrl Enter';
