import {
  type GenerationEvent,
  generationEvent,
  type PromptContent,
  promptInputOf,
  type VariableValues,
  valuesOf,
} from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { createEventReader } from '../event-stream.ts';

/** Long enough for the longest answer: the server ends what runs too long. */
const TIMEOUT_MS = 3_600_000;

/** A finished answer. */
export type PromptRun = Omit<Extract<GenerationEvent, { type: 'done' }>, 'type'> & { readonly text: string };

/**
 * Runs a prompt and tells its answer as it comes.
 * @param tell what happens: the answer's pieces, and the place in the queue
 * @throws CommandError in the server's words where it refuses, or breaks off
 */
export async function runPrompt(
  control: Control,
  projectId: string,
  prompt: { readonly content: PromptContent; readonly values: VariableValues },
  tell: { readonly text: (piece: string) => void; readonly queued: (position: number) => void },
): Promise<PromptRun> {
  const { content, values } = prompt;
  const { modelId, parameters, guardrails, variables } = content;
  let text = '';
  let last: GenerationEvent | undefined;
  const readEvents = createEventReader((data) => {
    const event = generationEvent.parse(JSON.parse(data));
    last = event;
    if (event.type === 'queued') tell.queued(event.position);
    if (event.type !== 'text-delta') return;
    text += event.text;
    tell.text(event.text);
  });
  const body = {
    modelId,
    prompt: promptInputOf(content),
    variables: valuesOf(variables, values),
    parameters,
    guardrails,
  };
  await control.send({
    method: 'POST',
    path: `/projects/${encodeURIComponent(projectId)}/generate`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs: TIMEOUT_MS,
    onText: (textSoFar) => {
      readEvents(textSoFar);
      return undefined;
    },
  });
  if (last?.type === 'error') throw new CommandError(last.problem.detail);
  if (last?.type !== 'done') {
    throw new CommandError('The server broke off its answer: what was printed is not complete. Run the command again.');
  }
  const { type, ...told } = last;
  return { ...told, text };
}
