/** Saved work of the run's own, and who gets to it. */
import { promptTemplate } from '../../contract/app/index.ts';
import type { Control } from '../control.ts';
import { exchange } from '../http.ts';
import { type Ledger, textOf } from './canary.ts';
import type { PeerOfPages } from './page.ts';
import type { AccessCheck } from './report.ts';

export type TemplateTarget = {
  readonly own: string;
  readonly other: string;
  /** An API key of the project's Admin. */
  readonly key: string;
  readonly modelId: string;
};

export type SavedTemplates = {
  readonly templates: readonly AccessCheck[];
  readonly access: readonly AccessCheck[];
  /** The one that stays during the search. */
  readonly keptId: string;
  /** Whether that one still opens as it was saved. */
  isAsSaved(): Promise<boolean>;
};

export async function saveTemplates(
  control: Control,
  peer: PeerOfPages,
  target: TemplateTarget,
  ledger: Ledger,
): Promise<SavedTemplates> {
  const folder = `/projects/${target.own}/prompt-templates`;
  const make = async (fate: string) => {
    const canary = ledger.add(`saved template, ${fate}`);
    const name = ledger.add(`name of a saved template, ${fate}`, 'metadata').words.join(' ');
    const content = freeform(target.modelId, textOf(canary));
    const { id } = await control.call(promptTemplate, 'POST', folder, { name, content });
    const isAsSaved = async () => {
      const opened = await control.call(promptTemplate, 'GET', `${folder}/${id}`);
      return opened.name === name && opened.content.mode === 'freeform' && opened.content.text === textOf(canary);
    };
    return { id, isAsSaved, same: await isAsSaved() };
  };
  const kept = await make('kept during the search');
  const deleted = await make('deleted before the search');
  await control.run('DELETE', `${folder}/${deleted.id}`);
  const status = async (projectId: string, id: string, credential?: string) => {
    const headers: Record<string, string> = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const path = `/api/v1/projects/${projectId}/prompt-templates/${id}`;
    return (await exchange(peer, { method: 'GET', path, headers })).status;
  };
  const isNotFound = (path: string) =>
    control.run('GET', path).then(
      () => false,
      (error) => error.problem?.status === 404,
    );
  const gone = await isNotFound(`${folder}/${deleted.id}`);
  const elsewhere = await isNotFound(`/projects/${target.other}/prompt-templates/${kept.id}`);
  // First whoever may: what lies on the way and keeps answers would give this one to the others.
  const opened = await status(target.own, kept.id, target.key);
  return {
    keptId: kept.id,
    isAsSaved: kept.isAsSaved,
    templates: [
      { check: 'a saved template opens as it was saved', ok: kept.same && deleted.same && opened === 200 },
      { check: 'a deleted one is gone (404)', ok: gone },
    ],
    access: [
      { check: 'without a credential refused (401)', ok: (await status(target.own, kept.id)) === 401 },
      {
        check: 'with a wrong key refused (401)',
        ok: (await status(target.own, kept.id, `cl_${'x'.repeat(43)}`)) === 401,
      },
      { check: 'through another project not found (404)', ok: elsewhere },
    ],
  };
}

/** What a template holds. */
export function freeform(modelId: string, text: string) {
  const parameters = {
    decodingMethod: 'greedy',
    maxNewTokens: 20,
    minNewTokens: 0,
    temperature: 0.7,
    topK: 50,
    topP: 1,
    repetitionPenalty: 1,
    stopSequences: [],
  };
  return { mode: 'freeform', modelId, parameters, text };
}
