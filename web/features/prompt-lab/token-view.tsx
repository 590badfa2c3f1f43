import { Button, SkeletonText } from '@carbon/react';
import { useEffect, useState } from 'react';
import type { PromptInput, PromptToken, TokenizeResult, VariableValues } from '../../../contract/app/index.ts';
import { type ApiError, toApiError } from '../../app/api/client.ts';
import { tokenize } from '../../app/api/generation.ts';
import { formatCount } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';

/** Each piece is an element of its own, so a long prompt is drawn up to here. */
const MOST_PIECES = 2000;

export type TokenQuestion = { modelId: string; prompt: PromptInput; variables: VariableValues };
type TokenViewProps = { projectId: string; question: TokenQuestion; onRefresh: () => void };

/** The prompt as the model reads it: its template applied, in coloured pieces. Asked once for each `question`, and forgotten on closing. */
export function TokenView({ projectId, question, onRefresh }: TokenViewProps) {
  const [result, setResult] = useState<TokenizeResult>();
  const [error, setError] = useState<ApiError>();

  useEffect(() => {
    const abort = new AbortController();
    setResult(undefined);
    setError(undefined);
    tokenize(projectId, { ...question, withTokens: true }, abort.signal).then(setResult, (thrown: unknown) => {
      if (!abort.signal.aborted) setError(toApiError(thrown));
    });
    return () => abort.abort();
  }, [projectId, question]);

  if (error !== undefined) return <ProblemNotice error={error} retry={onRefresh} />;
  if (result === undefined) return <SkeletonText paragraph lineCount={4} />;
  const pieces = result.tokens ?? [];
  const more = pieces.length - MOST_PIECES;
  return (
    <div className="cl-tokens">
      <p className="cl-field__help">
        {formatCount(result.inputTokens)} of {formatCount(result.contextLength)} tokens,{' '}
        {formatCount(pieces.filter(({ isSpecial }) => isSpecial).length)} of them marks of the model’s template, framed
        here. The prompt is not stored.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reached with the keyboard */}
      <section className="cl-tokens__text" aria-label="Tokens of the prompt" tabIndex={0}>
        {pieces.slice(0, MOST_PIECES).map((piece, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one answer keep their places
          <Piece key={index} piece={piece} />
        ))}
      </section>
      {more > 0 && <p className="cl-field__help">{formatCount(more)} more pieces are not drawn.</p>}
      <Button kind="ghost" size="sm" onClick={onRefresh}>
        Read the prompt again
      </Button>
    </div>
  );
}

function Piece({ piece: { text, tokens, isSpecial } }: { piece: PromptToken }) {
  const title = `${isSpecial ? 'Template mark, ' : ''}${tokens === 1 ? '1 token' : `${tokens} tokens`}`;
  return (
    <span className={`cl-tokens__piece${isSpecial ? ' cl-tokens__piece--special' : ''}`} title={title}>
      {text}
    </span>
  );
}
