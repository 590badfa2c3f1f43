import { useState } from 'react';
import { assemblePrompt } from '../../../contract/app/assemble-prompt.ts';
import type { PromptInput, PromptVariable, VariableValues } from '../../../contract/app/index.ts';
import { valuesOf } from '../../../contract/app/prompt-input.ts';

type AssembledViewProps = {
  prompt: PromptInput | undefined;
  variables: readonly PromptVariable[];
  values: VariableValues;
};

/** The one text that is made of the prompt's parts, variables filled in. Made only while it is open. */
export function AssembledView({ prompt, variables, values }: AssembledViewProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="cl-assembled" open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Assembled prompt</summary>
      {isOpen && (
        <pre className="cl-assembled__text">
          {prompt === undefined ? 'Nothing to assemble yet.' : textOf(prompt, valuesOf(variables, values))}
        </pre>
      )}
    </details>
  );
}

function textOf(prompt: PromptInput, values: VariableValues): string {
  const assembled = assemblePrompt(prompt, values);
  return assembled.mode === 'freeform' ? assembled.text : '';
}
