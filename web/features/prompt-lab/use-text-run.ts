import { useMemo } from 'react';
import type { PromptInput } from '../../../contract/app/index.ts';
import { valuesOf } from '../../../contract/app/prompt-input.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { faultOf } from './decoding-parameters.ts';
import { requestOf } from './draft/draft.ts';
import type { EditorProps } from './editor-props.ts';
import { describeRun } from './run-words.ts';
import { entryOf, submittedPrompt } from './sessions/submitted-prompt.ts';
import { isRunning, useGeneration } from './use-generation.ts';
import { useTokenCount } from './use-token-count.ts';

type TextMode = 'freeform' | 'structured';

/** Runs a prompt whose answer stands after it, and counts its tokens. `prompt` stays the same object until something of it changes. */
export function useTextRun(mode: TextMode, prompt: PromptInput | undefined, props: EditorProps) {
  const { projectId, draft, change, model, canRun, onSeed, onAnswered } = props;
  const { run, details, start, stop, clear } = useGeneration(projectId);
  const say = useSay();
  const variables = useMemo(() => valuesOf(draft.variables, draft.values), [draft.variables, draft.values]);
  const modelId = canRun ? model?.modelId : undefined;
  const count = useTokenCount({ projectId, modelId, prompt, variables, isPaused: false });
  const fault = faultOf(draft.parameters);
  const canGenerate = canRun && prompt !== undefined && fault === undefined && !isRunning(run);

  const setOutput = (next: (output: string) => string) =>
    change((before) => ({ ...before, outputs: { ...before.outputs, [mode]: next(before.outputs[mode]) } }));

  async function generate() {
    if (!canGenerate || prompt === undefined) return;
    const earlier = draft.outputs[mode];
    const submitted = submittedPrompt(draft);
    let answered = '';
    setOutput(() => '');
    say('Generating');
    const result = await start(requestOf(draft, prompt), (piece) => {
      answered += piece;
      setOutput((before) => before + piece);
    });
    if (result.state === 'done') onSeed(result.summary.seed);
    // A run that brought nothing takes nothing away either.
    else setOutput((before) => (before === '' ? earlier : before));
    const entry = entryOf(submitted, answered, result);
    if (entry !== undefined) onAnswered(entry);
    say(describeRun(result));
  }

  function clearOutput() {
    setOutput(() => '');
    clear();
  }

  const isWriting = isRunning(run);
  return { run, details, count, fault, isWriting, canGenerate, generate: () => void generate(), stop, clearOutput };
}
