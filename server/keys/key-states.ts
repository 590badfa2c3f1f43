import { AppError } from '../core/index.ts';
import type { KeyBindings, KeyState } from './key-binding.ts';

/** Whether keys of a scope may be used, and whose decision it is. The account's comes first: it is about all of its projects. */
export function stateOf({ account, project }: KeyBindings): {
  readonly state: KeyState;
  readonly decidedFor: 'account' | 'project';
} {
  const ofAccount = account?.state ?? 'enabled';
  const ofProject = project?.state ?? 'enabled';
  if (ofAccount === 'destroyed' || (ofAccount === 'disabled' && ofProject !== 'destroyed'))
    return { state: ofAccount, decidedFor: 'account' };
  return { state: ofProject, decidedFor: 'project' };
}

/** @throws AppError `failed-precondition` (reason `key-disabled` or `key-destroyed`) unless keys of the scope may be used. */
export function requireEnabled(bindings: KeyBindings): void {
  const { state, decidedFor } = stateOf(bindings);
  if (state === 'disabled') throw keyDisabled(decidedFor);
  if (state === 'destroyed') throw keyDestroyed(decidedFor);
}

const WHO = { account: 'an administrator of the account', project: 'an Admin of the project' } as const;

function keyDisabled(whose: 'account' | 'project'): AppError {
  return new AppError(
    'failed-precondition',
    `The key of this ${whose} is disabled, so nothing that it seals can be opened or saved. Nothing is lost: ${WHO[whose]} can enable it again.`,
    { details: { reason: 'key-disabled' } },
  );
}

export function keyDestroyed(whose: 'account' | 'project'): AppError {
  return new AppError(
    'failed-precondition',
    `The key of this ${whose} was destroyed, and what it sealed is gone for good. To save here again, ${WHO[whose]} enables the key, which starts over with a new one.`,
    { details: { reason: 'key-destroyed' } },
  );
}
