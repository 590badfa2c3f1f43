import { Button } from '@carbon/react';
import { useState } from 'react';
import { valuesOf } from '../../../contract/app/prompt-input.ts';
import { type Draft, promptOf } from './draft/draft.ts';
import { type TokenQuestion, TokenView } from './token-view.tsx';

type TokensSectionProps = { projectId: string; draft: Draft; canCount: boolean };

/** "As the model reads it", on demand: nothing is asked before it is opened, and nothing is kept after it is closed. */
export function TokensSection({ projectId, draft, canCount }: TokensSectionProps) {
  const [question, setQuestion] = useState<TokenQuestion>();
  const isOpen = question !== undefined;
  const ask = () => {
    const prompt = promptOf(draft);
    if (prompt === undefined) return setQuestion(undefined);
    const variables = valuesOf(draft.variables, draft.values);
    return setQuestion({ modelId: draft.modelId, prompt, variables });
  };
  return (
    <section className="cl-variables" aria-labelledby="tokens-title">
      <h3 id="tokens-title" className="cl-panel__subtitle">
        As the model reads it
      </h3>
      <p className="cl-field__help">The prompt is reformatted as tokens before the model that you chose reads it.</p>
      <Button
        kind="ghost"
        size="sm"
        aria-expanded={isOpen}
        disabled={!isOpen && (!canCount || promptOf(draft) === undefined)}
        onClick={() => (isOpen ? setQuestion(undefined) : ask())}
      >
        {isOpen ? 'Hide the tokens' : 'Show the tokens'}
      </Button>
      {question !== undefined && <TokenView projectId={projectId} question={question} onRefresh={ask} />}
    </section>
  );
}
