import type { ModelState } from '../../contract/app/index.ts';
import { AppError, isAppError, type Logger, loggableError } from '../core/index.ts';
import type { CatalogueEntry, CatalogueSource } from './model-catalogue.ts';
import type { InstalledModel, ModelFileStore } from './model-file-store.ts';
import type { ModelSource } from './model-sources/model-source.ts';

/** How the fetch of a model goes. The last one is `available` or `failed`, or nothing when it was stopped. */
export type PullEvent = { readonly modelId: string; readonly label: string } & (
  | {
      readonly type: 'progress';
      readonly source: string;
      readonly receivedBytes: number;
      readonly totalBytes: number | null;
    }
  | { readonly type: 'source-failed'; readonly source: string; readonly detail: string }
  | { readonly type: 'available'; readonly source: string; readonly sizeBytes: number }
  | { readonly type: 'failed'; readonly detail: string }
);

/** The fetches that run in the background, one at a time for each model, and what became of those that failed. */
export type ModelPulls = {
  /** Starts a fetch, or joins the one that runs. The promise resolves when it has ended, well or not; it never rejects. */
  start(entry: CatalogueEntry, onEvent?: (event: PullEvent) => void): Promise<void>;
  /** `pulling` or `failed`; undefined when there is nothing to say. */
  stateOf(modelId: string): ModelState | undefined;
  /** Ends a fetch; resolves when it has ended. */
  stop(modelId: string): Promise<void>;
  /** Forgets that a fetch failed. */
  forget(modelId: string): void;
  close(): Promise<void>;
};

type RunningPull = {
  state: Extract<ModelState, { state: 'pulling' }>;
  readonly abort: AbortController;
  readonly listeners: Set<(event: PullEvent) => void>;
  ended: Promise<void>;
};

export function createModelPulls(options: {
  readonly files: ModelFileStore;
  readonly sources: readonly ModelSource[];
  readonly logger: Logger;
  readonly onInstalled: (modelId: string) => void;
}): ModelPulls {
  const { files, sources, logger, onInstalled } = options;
  const running = new Map<string, RunningPull>();
  const failures = new Map<string, string>();

  async function run(entry: CatalogueEntry, pull: RunningPull): Promise<void> {
    const { modelId, label } = entry;
    const tell = (event: PullEvent): void => {
      for (const listener of pull.listeners) listener(event);
    };
    const refusals: string[] = [];
    for (const source of entry.sources) {
      const adapter = sources.find((candidate) => candidate.kind === source.kind);
      if (adapter === undefined) continue;
      const onProgress = (receivedBytes: number, totalBytes: number | null): void => {
        pull.state = { state: 'pulling', source: adapter.name, receivedBytes, totalBytes };
        tell({ type: 'progress', modelId, label, source: adapter.name, receivedBytes, totalBytes });
      };
      try {
        onProgress(0, source.sizeBytes);
        const installed = await fetchFrom(adapter, source, modelId, onProgress, pull.abort.signal);
        failures.delete(modelId);
        logger.info('model fetched', { modelId, sizeBytes: installed.sizeBytes });
        // Whoever asks in answer to the event must not find the fetch still running.
        running.delete(modelId);
        onInstalled(modelId);
        tell({ type: 'available', modelId, label, source: adapter.name, sizeBytes: installed.sizeBytes });
        return;
      } catch (error) {
        if (pull.abort.signal.aborted) return;
        logger.warn('a source could not give the model', { modelId, error: loggableError(error) });
        const detail = isAppError(error) ? error.message : 'Something unexpected went wrong; the log tells more.';
        refusals.push(`${adapter.name}: ${detail}`);
        tell({ type: 'source-failed', modelId, label, source: adapter.name, detail });
        // Another source needs the same room.
        if (isAppError(error, 'resource-exhausted')) break;
      }
    }
    const detail = failureDetail(entry, refusals);
    failures.set(modelId, detail);
    tell({ type: 'failed', modelId, label, detail });
  }

  async function fetchFrom(
    adapter: ModelSource,
    source: CatalogueSource,
    modelId: string,
    onProgress: (receivedBytes: number, totalBytes: number | null) => void,
    signal: AbortSignal,
  ): Promise<InstalledModel> {
    const { part, expected } = await adapter.receive(source, {
      modelId,
      files,
      onProgress: (progress) => onProgress(progress.receivedBytes, progress.totalBytes),
      signal,
    });
    if (signal.aborted) throw new AppError('cancelled', 'The download was stopped.');
    return files.install(modelId, part, { source: adapter.name, expected, signal });
  }

  async function stop(modelId: string): Promise<void> {
    const pull = running.get(modelId);
    pull?.abort.abort();
    await pull?.ended;
  }

  return {
    start(entry, onEvent) {
      let pull = running.get(entry.modelId);
      if (pull === undefined) {
        failures.delete(entry.modelId);
        const started: RunningPull = {
          state: { state: 'pulling', source: '', receivedBytes: 0, totalBytes: entry.sizeBytes },
          abort: new AbortController(),
          listeners: new Set(onEvent === undefined ? [] : [onEvent]),
          ended: Promise.resolve(),
        };
        running.set(entry.modelId, started);
        started.ended = run(entry, started)
          .catch((error: unknown) => {
            failures.set(entry.modelId, failureDetail(entry, []));
            logger.error('fetching a model failed', { modelId: entry.modelId, error: loggableError(error) });
          })
          .finally(() => running.delete(entry.modelId));
        pull = started;
      } else if (onEvent !== undefined) {
        pull.listeners.add(onEvent);
      }
      return pull.ended;
    },
    stateOf(modelId) {
      const pull = running.get(modelId);
      if (pull !== undefined) return pull.state;
      const detail = failures.get(modelId);
      return detail === undefined ? undefined : { state: 'failed', detail };
    },
    stop,
    forget: (modelId) => void failures.delete(modelId),
    async close() {
      await Promise.all([...running.keys()].map(stop));
    },
  };
}

function failureDetail(entry: CatalogueEntry, refusals: readonly string[]): string {
  const tried = refusals.length === 0 ? 'No source of it could be used.' : refusals.join(' ');
  return `${entry.label} could not be fetched. ${tried} When that is mended, pull it again; or bring a GGUF file from another machine and import it: cloister models import FILE --id ${entry.modelId}`;
}
