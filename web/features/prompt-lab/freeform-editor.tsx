import { Copy, TextNewLine, TrashCan } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { useRef } from 'react';
import { useSay } from '../../components/live-phrases.tsx';
import { faultOf } from './decoding-parameters.ts';
import { promptOf } from './draft.ts';
import type { EditorProps } from './editor-props.ts';
import { ModelNotice } from './model-notice.tsx';
import { RunBar } from './run-bar.tsx';
import { describeRun } from './run-words.ts';
import { isSendKey } from './send-key.ts';
import { StorageNote } from './storage-note.tsx';
import { isRunning, useGeneration } from './use-generation.ts';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useTokenCount } from './use-token-count.ts';

/** One text that the model continues. The output stands after it, visibly apart, until it is appended or cleared. */
export function FreeformEditor({ projectId, draft, change, model, isAlone, canRun, onSeed }: EditorProps) {
  const { run, start, stop, clear } = useGeneration(projectId);
  const say = useSay();
  const scroll = useStickToEnd(draft.output);
  const textArea = useRef<HTMLTextAreaElement>(null);
  const prompt = promptOf(draft);
  const count = useTokenCount({ projectId, modelId: canRun ? model?.modelId : undefined, prompt, isPaused: false });
  const running = isRunning(run);
  const fault = faultOf(draft.parameters);
  const canGenerate = canRun && prompt !== undefined && fault === undefined && !running;

  async function generate() {
    if (!canGenerate || prompt === undefined) return;
    const { output: earlierOutput } = draft;
    change((before) => ({ ...before, output: '' }));
    say('Generating');
    const result = await start({ modelId: draft.modelId, prompt, parameters: draft.parameters }, (piece) =>
      change((before) => ({ ...before, output: before.output + piece })),
    );
    if (result.state === 'done') onSeed(result.summary.seed);
    // A run that brought nothing takes nothing away either.
    else change((before) => (before.output === '' ? { ...before, output: earlierOutput } : before));
    say(describeRun(result));
  }

  function append() {
    change((before) => ({ ...before, text: before.text + before.output, output: '' }));
    clear();
    textArea.current?.focus();
  }

  const hasOutput = draft.output !== '' || running;
  return (
    <form className="cl-editor" autoComplete="off" onSubmit={(event) => event.preventDefault()}>
      <div className="cl-editor__scroll" ref={scroll}>
        <div className="cl-editor__paper">
          <ModelNotice model={model} isAlone={isAlone} mode="freeform" />
          <label htmlFor="prompt-text" className="cl-editor__label">
            Prompt
          </label>
          <textarea
            id="prompt-text"
            ref={textArea}
            className="cl-editor__text"
            placeholder="Write what the model should continue: an instruction, a few examples, the beginning of a text …"
            autoComplete="off"
            autoCorrect="off"
            autoCapitalize="off"
            spellCheck={false}
            value={draft.text}
            onChange={(event) => change((before) => ({ ...before, text: event.target.value }))}
            onKeyDown={(event) => {
              if (isSendKey(event, false)) {
                event.preventDefault();
                void generate();
              }
            }}
          />
          {hasOutput && (
            <section className="cl-output" aria-label="Output" aria-busy={running}>
              <div className="cl-output__head">
                <h2 className="cl-output__title">Output</h2>
                {!running && (
                  <div className="cl-output__actions">
                    <Button kind="ghost" size="sm" renderIcon={TextNewLine} onClick={append}>
                      Append to prompt
                    </Button>
                    <Button
                      kind="ghost"
                      size="sm"
                      renderIcon={Copy}
                      onClick={() =>
                        navigator.clipboard.writeText(draft.output).then(
                          () => say('Output copied'),
                          () => say('Copying is not possible here'),
                        )
                      }
                    >
                      Copy
                    </Button>
                    <Button
                      kind="ghost"
                      size="sm"
                      renderIcon={TrashCan}
                      onClick={() => {
                        change((before) => ({ ...before, output: '' }));
                        clear();
                        textArea.current?.focus();
                      }}
                    >
                      Clear
                    </Button>
                  </div>
                )}
              </div>
              <div className="cl-output__text">
                {draft.output}
                {running && <span className="cl-caret" aria-hidden="true" />}
              </div>
            </section>
          )}
        </div>
      </div>
      <RunBar
        run={run}
        count={count}
        model={model}
        parameters={draft.parameters}
        fault={fault}
        action="Generate"
        canStart={canGenerate}
        onStart={() => void generate()}
        onStop={stop}
        onRetry={() => void generate()}
      >
        <StorageNote mode="freeform" saved={draft.saved} />
      </RunBar>
    </form>
  );
}
