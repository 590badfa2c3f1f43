import type { GenerateRequest, GenerationEvent, TokenizeRequest, TokenizeResult } from '../../../contract/app/index.ts';
import { request, requestRaw, unreachable } from './client.ts';
import { readEventData } from './event-stream.ts';

/** The events of one generation; ends after `done` or `error`. Throws when the stream breaks before that, or on abort. */
export async function* streamGeneration(
  projectId: string,
  body: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const response = await requestRaw(`/projects/${projectId}/generate`, { method: 'POST', body, signal });
  if (response.body === null) throw brokenStream();
  try {
    for await (const data of readEventData(response.body)) {
      const event = JSON.parse(data) as GenerationEvent;
      yield event;
      if (event.type === 'done' || event.type === 'error') return;
    }
  } catch (error) {
    throw signal.aborted ? error : brokenStream();
  }
  throw brokenStream();
}

export const tokenize = (projectId: string, body: TokenizeRequest, signal: AbortSignal): Promise<TokenizeResult> =>
  request(`/projects/${projectId}/tokenize`, { method: 'POST', body, signal });

const brokenStream = () =>
  unreachable(
    'The answer stopped before its end. What has arrived is still on the page; generate again to get the rest.',
  );
