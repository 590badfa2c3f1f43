import { Copy, TextNewLine, TrashCan } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { useSay } from '../../components/live-phrases.tsx';
import { GuardrailFindings } from './guardrail-findings.tsx';
import { LogProbabilities } from './log-probabilities.tsx';
import type { RunDetails } from './use-generation.ts';

type OutputSectionProps = {
  output: string;
  isWriting: boolean;
  details: RunDetails;
  onAppend?: () => void;
  onClear: () => void;
};

/** What the model wrote, after the prompt and visibly apart from it. */
export function OutputSection({ output, isWriting, details, onAppend, onClear }: OutputSectionProps) {
  const say = useSay();
  const copy = () =>
    navigator.clipboard.writeText(output).then(
      () => say('Output copied'),
      () => say('Copying is not possible here'),
    );
  return (
    <section className="cl-output" aria-label="Output" aria-busy={isWriting}>
      <div className="cl-output__head">
        <h2 className="cl-output__title">Output</h2>
        {!isWriting && (
          <div className="cl-output__actions">
            {onAppend !== undefined && (
              <Button kind="ghost" size="sm" renderIcon={TextNewLine} onClick={onAppend}>
                Append to prompt
              </Button>
            )}
            <Button kind="ghost" size="sm" renderIcon={Copy} onClick={() => void copy()}>
              Copy
            </Button>
            <Button kind="ghost" size="sm" renderIcon={TrashCan} onClick={onClear}>
              Clear
            </Button>
          </div>
        )}
      </div>
      <div className="cl-output__text">
        {!isWriting && details.tokens.length > 0 ? <LogProbabilities tokens={details.tokens} /> : output}
        {isWriting && <span className="cl-caret" aria-hidden="true" />}
      </div>
      <GuardrailFindings findings={details.findings} />
    </section>
  );
}
