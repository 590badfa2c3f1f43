import { ActionableNotification } from '@carbon/react';
import { useNavigate } from 'react-router-dom';
import type { KeyStatus } from '../../contract/app/index.ts';
import { useKeyStatus } from '../app/api/keys.ts';

const STALE_AFTER_MS = 60_000;

/** On the pages of a project whose key may not be used now: why nothing opens, and who can change that. Otherwise nothing. */
export function KeyNotice({ projectId, className = '' }: { projectId: string; className?: string }) {
  const { data: status } = useKeyStatus({ projectId }, STALE_AFTER_MS);
  const navigate = useNavigate();
  const words = status === undefined ? undefined : keyProblemWords(status);
  if (words === undefined) return null;
  return (
    <ActionableNotification
      kind={words.isFinal ? 'error' : 'warning'}
      inline
      lowContrast
      hideCloseButton
      hasFocus={false}
      role="status"
      title={words.title}
      subtitle={words.text}
      className={`cl-notice cl-key-notice ${className}`}
      actionButtonLabel="Keys of the project"
      onActionButtonClick={() => navigate(`/projects/${projectId}/keys`)}
    />
  );
}

/** Why nothing of a project or an account opens; undefined when it does. */
export function keyProblemWords(
  { state, accountState, provider }: KeyStatus,
  what: 'project' | 'account' = 'project',
): { readonly title: string; readonly text: string; readonly isFinal: boolean } | undefined {
  if (state === 'destroyed' || accountState === 'destroyed') {
    const whose = state === 'destroyed' ? what : 'account';
    return {
      title: `The key of this ${whose} was destroyed.`,
      text: `What was saved before is gone for good. Nothing can be saved until ${enablerOf(whose)} starts over with a new key.`,
      isFinal: true,
    };
  }
  if (state === 'disabled' || accountState === 'disabled') {
    const whose = state === 'disabled' ? what : 'account';
    return {
      title: `The key of this ${whose} is disabled.`,
      text: `Nothing that was saved opens, and nothing can be saved, until ${enablerOf(whose)} enables it. Nothing is lost.`,
      isFinal: false,
    };
  }
  if (provider.state === 'enabled') return undefined;
  return {
    title: 'The key cannot be used at its provider.',
    text: provider.problem ?? 'Nothing that was saved opens until it can be used again.',
    isFinal: provider.state === 'destroyed',
  };
}

const enablerOf = (whose: 'project' | 'account') =>
  whose === 'project' ? 'an Admin of the project' : 'an administrator of the account';
