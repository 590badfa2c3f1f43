import { InlineNotification } from '@carbon/react';
import type { DestroyedKey, KeyRewrap } from '../../../contract/app/index.ts';
import { DeletionReceipt } from '../../components/deletion-receipt.tsx';
import { formatCount } from '../../components/format.ts';

export type KeyOutcome =
  | { readonly kind: 'rewrapped'; readonly title: string; readonly rewrap: KeyRewrap }
  | { readonly kind: 'told'; readonly title: string; readonly text: string }
  | { readonly kind: 'destroyed'; readonly destroyed: DestroyedKey; readonly id: string };

/** What became of the last change of a key. */
export function KeyOutcomeNotice({ outcome }: { outcome: KeyOutcome }) {
  if (outcome.kind === 'destroyed') {
    const { destroyed, id } = outcome;
    const text = `The keys of ${countWords(destroyed.sealedObjects, 'sealed object')} are gone: no copy of one can be opened again.`;
    return <DeletionReceipt title="Destroyed." text={text} receipt={destroyed.receipt} id={id} />;
  }
  if (outcome.kind === 'told') return <Notice kind="success" title={outcome.title} text={outcome.text} />;
  const { rewrapped, remaining, problem } = outcome.rewrap;
  const done = `${countWords(rewrapped, 'project key')} ${rewrapped === 1 ? 'was' : 'were'} wrapped anew. No sealed object was touched.`;
  if (remaining === 0) return <Notice kind="success" title={outcome.title} text={done} />;
  const left = `${countWords(remaining, 'project key')} ${remaining === 1 ? 'is' : 'are'} still wrapped as before and open as before; rotate to go on.`;
  return <Notice kind="warning" title={outcome.title} text={[done, left, problem].filter(Boolean).join(' ')} />;
}

const countWords = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

function Notice({ kind, title, text }: { kind: 'success' | 'warning'; title: string; text: string }) {
  return (
    <InlineNotification
      kind={kind}
      lowContrast
      hideCloseButton
      title={title}
      subtitle={text}
      className="cl-notice cl-key-notice"
    />
  );
}
