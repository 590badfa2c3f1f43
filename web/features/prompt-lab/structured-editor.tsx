import { TextArea } from '@carbon/react';
import { useMemo } from 'react';
import type { PromptInput, StructuredPrompt } from '../../../contract/app/index.ts';
import { AssembledView } from './assembled-view.tsx';
import { isEmptyStructured } from './draft/draft.ts';
import type { EditorProps } from './editor-props.ts';
import { ExamplesTable } from './examples-table.tsx';
import { ModelNotice } from './model-notice.tsx';
import { OutputSection } from './output-section.tsx';
import { RunBar } from './run-bar.tsx';
import { isSendKey } from './send-key.ts';
import { StorageNote } from './storage-note.tsx';
import { useStickToEnd } from './use-stick-to-end.ts';
import { useTextRun } from './use-text-run.ts';

/** An instruction, examples of what goes in and comes out, and the input to answer. */
export function StructuredEditor(props: EditorProps) {
  const { draft, change, model, isAlone } = props;
  const { structured, outputs } = draft;
  const prompt = useMemo(
    (): PromptInput | undefined => (isEmptyStructured(structured) ? undefined : { mode: 'structured', ...structured }),
    [structured],
  );
  const running = useTextRun('structured', prompt, props);
  const { isWriting, generate } = running;
  const scroll = useStickToEnd(outputs.structured);
  const set = (part: Partial<StructuredPrompt>) =>
    change((before) => ({ ...before, structured: { ...before.structured, ...part } }));

  return (
    <form
      className="cl-editor"
      autoComplete="off"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (isSendKey(event, false)) {
          event.preventDefault();
          generate();
        }
      }}
    >
      <div className="cl-editor__scroll" ref={scroll}>
        <div className="cl-editor__paper cl-structured">
          <ModelNotice model={model} isAlone={isAlone} mode="structured" />
          <TextArea
            id="instruction"
            labelText="Instruction (optional)"
            rows={3}
            placeholder="What the model should do with the input"
            autoComplete="off"
            autoCorrect="off"
            autoCapitalize="off"
            spellCheck={false}
            value={structured.instruction}
            onChange={({ target }) => set({ instruction: target.value })}
          />
          <ExamplesTable structured={structured} onChange={set} />
          <TextArea
            id="structured-input"
            labelText="Input"
            rows={3}
            placeholder="What the model should answer now"
            autoComplete="off"
            autoCorrect="off"
            autoCapitalize="off"
            spellCheck={false}
            value={structured.input}
            onChange={({ target }) => set({ input: target.value })}
          />
          <AssembledView prompt={prompt} variables={draft.variables} values={draft.values} />
          {(outputs.structured !== '' || isWriting || running.details.findings.length > 0) && (
            <OutputSection
              output={outputs.structured}
              isWriting={isWriting}
              details={running.details}
              onClear={running.clearOutput}
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
        <StorageNote mode="structured" saved={draft.saved} recording={draft.recording} />
      </RunBar>
    </form>
  );
}
