import { AppError } from '../core/index.ts';

/** Somebody else has saved since. */
export function contentChanged(): AppError {
  return new AppError(
    'failed-precondition',
    'The content was changed since it was opened. Nothing was saved; open it again, or save it under another name.',
    { details: { reason: 'content-changed' } },
  );
}

export function assetLocked(): AppError {
  return new AppError(
    'failed-precondition',
    'Somebody is editing this asset, or it is open for editing in another window. Try again when it was given back, or take the lock over.',
    { details: { reason: 'asset-locked' } },
  );
}

/** To the editor that had the lock. */
export function lockTakenOver(): AppError {
  return new AppError(
    'failed-precondition',
    'Somebody else took over the editing of this asset. Nothing was saved; save it under another name, or take the lock over.',
    { details: { reason: 'lock-taken-over' } },
  );
}
