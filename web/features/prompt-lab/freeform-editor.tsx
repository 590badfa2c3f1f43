import { useMemo, useRef } from 'react';
import type { PromptInput } from '../../../contract/app/index.ts';
import type { EditorProps } from './editor-props.ts';
import { ModelNotice } from './model-notice.tsx';
import { OutputSection } from './output-section.tsx';
import { RunBar } from './run-bar.tsx';
import { isSendKey } from './send-key.ts';
import { StorageNote } from './storage-note.tsx';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useTextRun } from './use-text-run.ts';

/** One text that the model continues. The output stands after it, visibly apart, until it is appended or cleared. */
export function FreeformEditor(props: EditorProps) {
  const { draft, change, model, isAlone } = props;
  const { text } = draft;
  const output = draft.outputs.freeform;
  const prompt = useMemo((): PromptInput | undefined => (text === '' ? undefined : { mode: 'freeform', text }), [text]);
  const running = useTextRun('freeform', prompt, props);
  const { isWriting, generate } = running;
  const scroll = useStickToEnd(output);
  const textArea = useRef<HTMLTextAreaElement>(null);

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
            value={text}
            onChange={(event) => change((before) => ({ ...before, text: event.target.value }))}
            onKeyDown={(event) => {
              if (isSendKey(event, false)) {
                event.preventDefault();
                generate();
              }
            }}
          />
          {(output !== '' || isWriting || running.details.findings.length > 0) && (
            <OutputSection
              output={output}
              isWriting={isWriting}
              details={running.details}
              onAppend={() => {
                change((before) => ({ ...before, text: before.text + before.outputs.freeform }));
                running.clearOutput();
                textArea.current?.focus();
              }}
              onClear={() => {
                running.clearOutput();
                textArea.current?.focus();
              }}
            />
          )}
        </div>
      </div>
      <RunBar
        run={running.run}
        count={running.count}
        model={model}
        parameters={draft.parameters}
        fault={running.fault}
        action="Generate"
        canStart={running.canGenerate}
        onStart={generate}
        onStop={running.stop}
        onRetry={generate}
      >
        <StorageNote mode="freeform" saved={draft.saved} recording={draft.recording} />
      </RunBar>
    </form>
  );
}
