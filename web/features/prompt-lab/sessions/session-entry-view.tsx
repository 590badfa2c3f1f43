import { Button } from '@carbon/react';
import { assemblePrompt } from '../../../../contract/app/assemble-prompt.ts';
import type { PromptContent, SessionEntry, SessionEntryContent } from '../../../../contract/app/index.ts';
import { promptInputOf } from '../../../../contract/app/prompt-input.ts';
import { FactList } from '../../../components/fact-list.tsx';
import { formatCount, formatDay, formatDayAndTime } from '../../../components/format.ts';
import { numericParameters } from '../decoding-parameters.ts';

type SessionEntryViewProps = {
  entry: SessionEntry;
  onOpen: (entry: SessionEntryContent) => void;
  onDelete: () => void;
};

/** One submitted prompt with its answer, as it was; nothing of it can be changed. */
export function SessionEntryView({ entry: opened, onOpen, onDelete }: SessionEntryViewProps) {
  const { number, submittedAt, submittedBy, expiresAt, entry } = opened;
  return (
    <article className="cl-entry" aria-labelledby={`entry-${number}`}>
      <header className="cl-entry__head">
        <div>
          <h2 className="cl-entry__title" id={`entry-${number}`}>
            Prompt {number}
          </h2>
          <p className="cl-entry__line">
            {formatDayAndTime(submittedAt)} · {submittedBy} · gone on {formatDay(expiresAt)}
          </p>
        </div>
        <div className="cl-entry__actions">
          {entry !== undefined && (
            <Button
              kind="ghost"
              size="sm"
              aria-label={`Open prompt ${number} as a new prompt`}
              onClick={() => onOpen(entry)}
            >
              Open as a new prompt
            </Button>
          )}
          <Button kind="ghost" size="sm" aria-label={`Delete prompt ${number} …`} onClick={onDelete}>
            Delete …
          </Button>
        </div>
      </header>
      {entry === undefined ? (
        <p className="cl-note">
          This prompt cannot be read: it is damaged, or its bytes or its key are gone. The project's storage page says
          more.
        </p>
      ) : (
        <EntryContent number={number} entry={entry} />
      )}
    </article>
  );
}

function EntryContent({
  number,
  entry: { content, values, output, ...run },
}: {
  number: number;
  entry: SessionEntryContent;
}) {
  const prompt = assemblePrompt(promptInputOf(content), values);
  const parts = prompt.mode === 'chat' ? prompt.messages : [{ role: 'prompt' as const, content: prompt.text }];
  const said = parts.map((part, index) => ({ ...part, place: index + 1 }));
  return (
    <>
      <FactList
        facts={[
          ['Mode', modeWords[content.mode]],
          ['Model', content.modelId],
          ...(run.stopReason === undefined ? [] : [['Stopped', run.stopReason.replaceAll('_', ' ')] as const]),
          ...(run.inputTokens === undefined ? [] : [['Tokens in', formatCount(run.inputTokens)] as const]),
          ...(run.outputTokens === undefined ? [] : [['Tokens out', formatCount(run.outputTokens)] as const]),
          ...(run.seed === undefined ? [] : [['Seed', String(run.seed)] as const]),
        ]}
      />
      <details className="cl-entry__parameters">
        <summary>Parameters{Object.keys(values).length > 0 && ' and values of variables'}</summary>
        <FactList
          facts={[
            ...parameterFacts(content),
            ...Object.entries(values).map(([name, value]) => [`{${name}}`, value] as const),
          ]}
        />
      </details>
      {said.map((part) => (
        <Words key={part.place} label={roleWords[part.role]} number={number} text={part.content} />
      ))}
      <Words label="Answer" number={number} text={output} isAnswer />
    </>
  );
}

const modeWords = { freeform: 'Freeform', structured: 'Structured', chat: 'Chat' } as const;
const roleWords = { prompt: 'Prompt', system: 'System prompt', user: 'Question', assistant: 'Earlier answer' } as const;

type WordsProps = { label: string; number: number; text: string; isAnswer?: boolean };

function Words({ label, number, text, isAnswer = false }: WordsProps) {
  return (
    <div className={isAnswer ? 'cl-entry__words cl-entry__words--answer' : 'cl-entry__words'}>
      <h3 className="cl-entry__label">{label}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text scrolls, also by keyboard */}
      <section className="cl-entry__text" tabIndex={0} aria-label={`${label} of prompt ${number}`}>
        {text === '' ? '(empty)' : text}
      </section>
    </div>
  );
}

function parameterFacts({ parameters }: PromptContent): (readonly [string, string])[] {
  const { decodingMethod, stopSequences, responseFormat } = parameters;
  const numbers = Object.values(numericParameters).flatMap(({ name, label, isSampleOnly }) => {
    const value = parameters[name];
    const isUsed = value !== undefined && (decodingMethod === 'sample' || !isSampleOnly);
    return isUsed ? [[label, String(value)] as const] : [];
  });
  return [
    ['Decoding', decodingMethod],
    ...numbers,
    ...(stopSequences.length === 0
      ? []
      : [['Stop sequences', stopSequences.map((text) => JSON.stringify(text)).join(', ')] as const]),
    ...(responseFormat.type === 'text' ? [] : [['Response format', responseFormat.type] as const]),
  ];
}
