import { Add, ArrowDown, ArrowUp, TrashCan } from '@carbon/icons-react';
import { Button, IconButton, TextInput } from '@carbon/react';
import type { ClipboardEvent } from 'react';
import type { StructuredPrompt } from '../../../contract/app/index.ts';
import { useSay } from '../../components/live-phrases.tsx';
import { isSpreadsheetText, readPastedRows } from './read-pasted-rows.ts';

const MAX_EXAMPLES = 100;
type Example = StructuredPrompt['examples'][number];
const emptyExample: Example = { input: '', output: '' };
const quiet = { autoComplete: 'off', autoCorrect: 'off', autoCapitalize: 'off', spellCheck: false } as const;

type ExamplesTableProps = { structured: StructuredPrompt; onChange: (part: Partial<StructuredPrompt>) => void };

/** Pairs of what goes in and what comes out. Two columns of a spreadsheet can be pasted into any of its cells. */
export function ExamplesTable({ structured, onChange }: ExamplesTableProps) {
  const { examples, inputPrefix, outputPrefix } = structured;
  const say = useSay();
  const isFull = examples.length >= MAX_EXAMPLES;
  const put = (next: Example[]) => onChange({ examples: next });
  const setCell = (index: number, part: Partial<Example>) =>
    put(examples.map((example, at) => (at === index ? { ...example, ...part } : example)));

  function paste(event: ClipboardEvent, index: number) {
    const pasted = event.clipboardData.getData('text/plain');
    if (!isSpreadsheetText(pasted)) return;
    event.preventDefault();
    const rows = readPastedRows(pasted).map(([input = '', output = '']): Example => ({ input, output }));
    const here = examples[index];
    const isHereEmpty = here === undefined || (here.input === '' && here.output === '');
    const next = [...examples.slice(0, isHereEmpty ? index : index + 1), ...rows, ...examples.slice(index + 1)];
    put(next.slice(0, MAX_EXAMPLES));
    say(
      next.length > MAX_EXAMPLES
        ? `A prompt has ${MAX_EXAMPLES} examples at most: the last ${next.length - MAX_EXAMPLES} were left out`
        : `${rows.length} examples pasted`,
    );
  }

  function move(index: number, by: 1 | -1) {
    const next = [...examples];
    const [moved] = next.splice(index, 1);
    if (moved !== undefined) next.splice(index + by, 0, moved);
    put(next);
    say(`Example ${index + 1} is now ${index + 1 + by} of ${examples.length}`);
  }

  return (
    <fieldset className="cl-examples">
      <legend className="cl-examples__title">Examples (optional)</legend>
      <div className="cl-examples__prefixes">
        <TextInput
          id="input-prefix"
          size="sm"
          labelText="Input prefix"
          maxLength={200}
          {...quiet}
          value={inputPrefix}
          onChange={({ target }) => onChange({ inputPrefix: target.value })}
        />
        <TextInput
          id="output-prefix"
          size="sm"
          labelText="Output prefix"
          maxLength={200}
          {...quiet}
          value={outputPrefix}
          onChange={({ target }) => onChange({ outputPrefix: target.value })}
        />
      </div>
      <ol className="cl-examples__rows">
        {examples.map((example, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: examples have no name but their place
          <li key={index} className="cl-examples__row">
            {(['input', 'output'] as const).map((side) => (
              <textarea
                key={side}
                className="cl-examples__cell"
                aria-label={`Example ${index + 1}, ${side}`}
                placeholder={side === 'input' ? 'Example input' : 'Example output'}
                rows={1}
                {...quiet}
                value={example[side]}
                onPaste={(event) => paste(event, index)}
                onChange={({ target }) => setCell(index, { [side]: target.value })}
              />
            ))}
            <span className="cl-examples__actions">
              <IconButton
                kind="ghost"
                size="sm"
                align="top-right"
                label={`Move example ${index + 1} up`}
                disabled={index === 0}
                onClick={() => move(index, -1)}
              >
                <ArrowUp />
              </IconButton>
              <IconButton
                kind="ghost"
                size="sm"
                align="top-right"
                label={`Move example ${index + 1} down`}
                disabled={index === examples.length - 1}
                onClick={() => move(index, 1)}
              >
                <ArrowDown />
              </IconButton>
              <IconButton
                kind="ghost"
                size="sm"
                align="top-right"
                label={`Remove example ${index + 1}`}
                onClick={() => put(examples.filter((_example, at) => at !== index))}
              >
                <TrashCan />
              </IconButton>
            </span>
          </li>
        ))}
      </ol>
      <Button
        kind="ghost"
        size="sm"
        renderIcon={Add}
        disabled={isFull}
        onClick={() => put([...examples, emptyExample])}
      >
        Add example
      </Button>
      <p className="cl-field__help">
        {isFull
          ? `A prompt has ${MAX_EXAMPLES} examples at most.`
          : 'Paste two columns of a spreadsheet into a cell to add many at once.'}
      </p>
    </fieldset>
  );
}
