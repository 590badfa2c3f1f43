/** The life of a key, in a project of the run's own: what is disabled or destroyed opens no more, and nothing sealed is ever touched or in clear. */
import {
  type Deployment,
  destroyedKey,
  type KeyRewrap,
  keyProviderList,
  keyRewrap,
  keyStatus,
  project,
  promptTemplate,
} from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { type Canary, type Ledger, textOf } from './canary.ts';
import { needlesOf } from './encodings.ts';
import type { UndoStep } from './interruptible.ts';
import type { AccessCheck } from './report.ts';
import { sealedFiles } from './sealed-files.ts';
import { searchFile } from './search-file.ts';
import { createSearcher } from './searcher.ts';
import { freeform } from './templates.ts';

const NAME = 'cloister verify, a key of its own';

export async function tryOwnKey(
  { control, deployment, ledger, undo }: OwnKeyWorld,
  modelId: string,
): Promise<readonly AccessCheck[]> {
  const { id: projectId } = await control.call(project, 'POST', '/projects', { name: NAME });
  undo.push((direct) => direct.run('DELETE', `/projects/${projectId}`));
  const canary = ledger.add('saved template, under a key of its own');
  const folder = `/projects/${projectId}/prompt-templates`;
  const key = `/projects/${projectId}/key`;
  const body = { name: 'cloister verify', content: freeform(modelId, textOf(canary)) };
  const { id } = await control.call(promptTemplate, 'POST', folder, body);

  const open = () => outcomeOf(() => control.call(promptTemplate, 'GET', `${folder}/${id}`));
  const opens = async () => {
    const { value } = await open();
    return value?.content.mode === 'freeform' && value.content.text === textOf(canary);
  };
  const save = () => outcomeOf(() => control.call(promptTemplate, 'POST', folder, body));
  const sealedBefore = sealedFiles(deployment, projectId);
  const isInClear = sealedBefore.paths.some((path) => holds(path, canary));
  const openedFirst = await opens();

  const moves = await moveToOthers(control, key, opens);
  const rotated = await control.call(keyRewrap, 'POST', `${key}/rotate`);
  const openedAfterRotation = await opens();
  const sealedAfter = sealedFiles(deployment, projectId);

  await control.call(keyStatus, 'POST', `${key}/disable`);
  const whileDisabled = [await open(), await save()];
  await control.call(keyStatus, 'POST', `${key}/enable`);
  const openedAfterEnabling = await opens();

  const destroy = (confirmation: string) =>
    outcomeOf(() => control.call(destroyedKey, 'POST', `${key}/destroy`, { confirmation }));
  const underAnotherName = await destroy('another name');
  const openedBeforeDestruction = await opens();
  const destroyed = await destroy(NAME);
  const onceDestroyed = [await open(), await save()];
  const left = sealedFiles(deployment, projectId);

  return [
    { check: 'what was saved opens', ok: openedFirst },
    ...(deployment.searchable.storage
      ? [
          { check: 'its sealed bytes have nothing of it in clear', ok: sealedBefore.paths.length > 0 && !isInClear },
          {
            check: 'moving and rotating its key changes no sealed byte',
            ok: sealedBefore.digest === sealedAfter.digest,
          },
        ]
      : []),
    ...moves,
    { check: 'rotating the key wraps its project key anew, and it opens', ok: isWhole(rotated) && openedAfterRotation },
    refused('while the key is disabled nothing opens and nothing is saved', whileDisabled, ['key-disabled']),
    { check: 'once it is enabled it opens again', ok: openedAfterEnabling },
    {
      check: 'the key is destroyed under its exact name only',
      ok: underAnotherName.status === 400 && openedBeforeDestruction && destroyed.status === undefined,
    },
    refused('once the key is destroyed nothing opens and nothing is saved', onceDestroyed, [
      'key-destroyed',
      'content-missing',
    ]),
    ...(deployment.searchable.storage ? [{ check: 'and its sealed bytes are gone', ok: left.paths.length === 0 }] : []),
  ];
}

export type OwnKeyWorld = {
  readonly control: Control;
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly undo: UndoStep[];
};

/** To every other provider that has a key for the account by itself, and back. */
async function moveToOthers(control: Control, key: string, opens: () => Promise<boolean>): Promise<AccessCheck[]> {
  const { items } = await control.call(keyProviderList, 'GET', '/key-providers');
  const { providerId: present } = await control.call(keyStatus, 'GET', key);
  const checks: AccessCheck[] = [];
  for (const { id } of items.filter((provider) => provider.id !== present && !provider.needsKeyId)) {
    const check = `it opens under a key of "${id}" and after moving back`;
    const there = await outcomeOf(() => control.call(keyRewrap, 'PUT', key, { providerId: id }));
    if (there.value === undefined) {
      checks.push({ check, ok: false, found: `it cannot be bound: ${there.status} ${there.reason ?? ''}`.trim() });
      continue;
    }
    const openedThere = await opens();
    const back = await control.call(keyRewrap, 'DELETE', key);
    checks.push({ check, ok: isWhole(there.value) && openedThere && isWhole(back) && (await opens()) });
  }
  return checks;
}

function isWhole({ rewrapped, remaining }: KeyRewrap): boolean {
  return rewrapped > 0 && remaining === 0;
}

type Outcome<T> = { readonly value?: T; readonly status?: number; readonly reason?: string };

/** What was answered, or how it was refused. @throws what is no answer of the server's */
async function outcomeOf<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof CommandError) || error.problem === undefined) throw error;
    const { status, reason } = error.problem;
    return { status, ...(reason === undefined ? {} : { reason }) };
  }
}

function refused(check: string, outcomes: readonly Outcome<unknown>[], reasons: readonly string[]): AccessCheck {
  const ok = outcomes.every(({ status, reason }) => status === 409 && reasons.includes(reason ?? ''));
  if (ok) return { check, ok };
  return { check, ok, found: outcomes.map(({ status, reason }) => `${status ?? 'done'} ${reason ?? ''}`).join(', ') };
}

function holds(path: string, canary: Canary): boolean {
  const searcher = createSearcher(canary.words.flatMap((word) => needlesOf(word).map(({ bytes }) => bytes)));
  let found = false;
  searchFile(path, searcher, () => {
    found = true;
  });
  return found;
}
