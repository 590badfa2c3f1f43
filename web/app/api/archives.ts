import type { ImportEvent } from '../../../contract/app/index.ts';
import { requestRaw, unreachable } from './client.ts';
import { readEventData } from './event-stream.ts';

/** Where the browser itself gets the archive from, as a file. */
export function exportAddress(projectId: string, recipient: string): string {
  const query = recipient === '' ? '' : `?${new URLSearchParams({ recipient })}`;
  return `/api/v1/projects/${projectId}/export${query}`;
}

/** The events of one import; ends after `done` or `error`. Throws when the stream breaks before that, or on abort. */
export async function* streamImport(
  projectId: string,
  body: { assetId: string; deleteArchive: boolean },
  signal: AbortSignal,
): AsyncGenerator<ImportEvent> {
  const response = await requestRaw(`/projects/${projectId}/import`, { method: 'POST', body, signal });
  try {
    for await (const data of response.body === null ? [] : readEventData(response.body)) {
      const event = JSON.parse(data) as ImportEvent;
      yield event;
      if (event.type === 'done' || event.type === 'error') return;
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  throw unreachable('The answer stopped before its end. What was imported by then is in the project.');
}
