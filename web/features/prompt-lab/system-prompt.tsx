import { ChevronDown, ChevronRight } from '@carbon/icons-react';
import { TextArea } from '@carbon/react';
import { useState } from 'react';

type SystemPromptProps = { system: string; isOpenAtFirst: boolean; onChange: (system: string) => void };

/** How the model should behave in every turn; folded away when nobody needs it. */
export function SystemPrompt({ system, isOpenAtFirst, onChange }: SystemPromptProps) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <section className="cl-system" aria-label="System prompt">
      <button type="button" className="cl-system__toggle" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        {isOpen ? <ChevronDown /> : <ChevronRight />}
        <span>System prompt</span>
        {!isOpen && <span className="cl-system__preview">{system === '' ? 'none' : system}</span>}
      </button>
      {isOpen && (
        <TextArea
          id="system-prompt"
          labelText="System prompt"
          hideLabel
          rows={2}
          placeholder="How the model should behave, in every turn (optional)"
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          value={system}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </section>
  );
}
