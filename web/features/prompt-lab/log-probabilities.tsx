import { useState } from 'react';
import type { TokenLogProbability } from '../../../contract/app/index.ts';

/** Longer answers are coloured up to here: each token is an element of its own. */
const MOST_TOKENS = 2000;

/**
 * The answer's tokens, coloured by how likely each was. One of them is in the tab order; the arrow keys go on from it. The line below says
 * the probability and the alternatives of the token that is pointed at or focused.
 */
export function LogProbabilities({ tokens }: { tokens: readonly TokenLogProbability[] }) {
  const [chosen, setChosen] = useState(0);
  const [isLooking, setIsLooking] = useState(false);
  const shown = tokens.slice(0, MOST_TOKENS);
  const rest = tokens.slice(MOST_TOKENS);
  const token = shown[chosen];

  return (
    <div className="cl-sureness">
      <div
        className="cl-sureness__tokens"
        role="toolbar"
        aria-label="Tokens of the answer, left and right arrow for the next"
        onKeyDown={(event) => {
          const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
          if (step === 0) return;
          event.preventDefault();
          const next = Math.min(Math.max(chosen + step, 0), shown.length - 1);
          event.currentTarget.querySelectorAll('button')[next]?.focus();
        }}
      >
        {shown.map(({ text, logProbability }, index) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: the tokens of an answer that has ended keep their places
            key={index}
            type="button"
            className={`cl-sureness__token cl-sureness__token--${stepOf(logProbability)}`}
            aria-label={visible(text) === '' ? 'empty' : visible(text)}
            tabIndex={index === chosen ? 0 : -1}
            aria-describedby={index === chosen && isLooking ? 'token-alternatives' : undefined}
            onFocus={() => look(index)}
            onMouseEnter={() => look(index)}
            onClick={() => look(index)}
          >
            {text}
          </button>
        ))}
        {rest.map(({ text }) => text).join('')}
      </div>
      <p id="token-alternatives" className="cl-sureness__line">
        {token === undefined || !isLooking
          ? 'The less sure the model was of a token, the stronger its colour. Point at one, or go there with Tab and the arrow keys.'
          : describe(token)}
      </p>
    </div>
  );

  function look(index: number) {
    setChosen(index);
    setIsLooking(true);
  }
}

function describe({ text, logProbability, alternatives }: TokenLogProbability): string {
  const others = alternatives
    .filter((other) => other.text !== text)
    .map((other) => `“${visible(other.text)}” ${percent(other.logProbability)}`);
  const told = others.length === 0 ? '' : ` Instead of it: ${others.join(', ')}.`;
  return `“${visible(text)}” ${percent(logProbability)}.${told}`;
}

/** 0 for what was nearly certain, 4 for what was unlikely. */
function stepOf(logProbability: number): number {
  const probability = Math.exp(logProbability);
  return [0.9, 0.6, 0.3, 0.1].filter((bound) => probability < bound).length;
}

const percent = (logProbability: number): string => `${(Math.exp(logProbability) * 100).toFixed(1)} %`;
const visible = (text: string): string =>
  text.trim() === ''
    ? text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '␣')
    : text.replaceAll('\n', '↵');
