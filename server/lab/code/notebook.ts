import { z } from 'zod';
import type { NotebookSdk, PromptContent, VariableValues } from '../../../contract/app/index.ts';
import type { Confidential } from '../../core/index.ts';
import { fromSealedJson } from '../sealed-json.ts';
import { promptRunOf } from './prompt-run.ts';
import { pythonOpenAiCode, pythonWatsonxCode } from './python-code.ts';

/** Type of the asset. */
export const NOTEBOOK = 'notebook';
export const NOTEBOOK_MEDIA_TYPE = 'application/x-ipynb+json';

type Cell = { readonly cell_type: 'markdown' | 'code'; readonly id: string; readonly source: readonly string[] };

/**
 * A Jupyter notebook in Python that runs a prompt and prints the answer: nbformat 4.5
 * (https://nbformat.readthedocs.io/en/latest/format_description.html). It holds no key and no answer.
 * @returns the document, as it is to be written as JSON
 * @throws AppError as {@link promptRunOf}
 */
export function notebookOf(
  prompt: { readonly content: PromptContent; readonly values: VariableValues; readonly sdk: NotebookSdk },
  place: { readonly siteUrl: string; readonly projectId: string },
): object {
  const run = promptRunOf(prompt.content, prompt.values, place);
  const parts = prompt.sdk === 'openai' ? pythonOpenAiCode(run) : pythonWatsonxCode(run);
  const about = [
    'Runs a prompt of the Prompt Lab and prints the answer. Before starting Jupyter, set `CLOISTER_API_KEY` to an API key.',
    ...[...parts.notes, ...run.notes].map((note) => `- ${note}`),
  ];
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python', file_extension: '.py' },
    },
    cells: [
      { ...cell('markdown', 'about', about.join('\n')), metadata: {} },
      codeCell('set-up', parts.setUp),
      codeCell('variables', parts.variables === '' ? '# This prompt has no variables.' : parts.variables),
      codeCell('prompt', parts.prompt),
      codeCell('run', parts.run),
    ],
  };
}

/** What every notebook of nbformat 4 has. */
const anyNotebook = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int().min(0),
  metadata: z.looseObject({}),
  cells: z.array(z.looseObject({ cell_type: z.enum(['markdown', 'code', 'raw']) })),
});

/** @throws AppError `failed-precondition` (reason `content-not-readable`) where the bytes are no notebook */
export function requireNotebook(bytes: Confidential<Uint8Array>): void {
  fromSealedJson(bytes, anyNotebook, 'notebook');
}

function codeCell(id: string, text: string) {
  return { ...cell('code', id, text), metadata: {}, execution_count: null, outputs: [] };
}

/** Text as Jupyter writes it itself: a list of lines, each with its end. */
function cell(type: Cell['cell_type'], id: string, text: string): Cell {
  return { cell_type: type, id, source: text.split(/(?<=\n)/) };
}
