import { InlineNotification } from '@carbon/react';
import type { KeyStatus } from '../../../contract/app/index.ts';
import { keyProblemWords } from '../../components/key-notice.tsx';

/** On the page of the key itself: why it may not be used now. Otherwise nothing. */
export function KeyStateNotice({ status, of }: { status: KeyStatus; of: 'project' | 'account' }) {
  const words = keyProblemWords(status, of);
  if (words === undefined) return null;
  return (
    <InlineNotification
      kind={words.isFinal ? 'error' : 'warning'}
      lowContrast
      hideCloseButton
      title={words.title}
      subtitle={words.text}
      className="cl-notice cl-key-notice"
    />
  );
}
