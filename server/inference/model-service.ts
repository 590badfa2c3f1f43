import type { Model } from '../../contract/app/index.ts';
import type { Audit, AuditEvent } from '../audit/index.ts';
import {
  type Actor,
  AppError,
  type Authorize,
  type Clock,
  isAppError,
  type Logger,
  loggableError,
  notFound,
} from '../core/index.ts';
import {
  type CatalogueEntry,
  defaultModelId,
  catalogue as knownModels,
  type ModelFunction,
} from './model-catalogue.ts';
import type { InstalledModel, ModelFileStore } from './model-file-store.ts';
import { checkModelId } from './model-id.ts';
import { lifecycleAt, type ModelLifecycle, unlimitedLifecycle } from './model-lifecycle.ts';
import { createModelPulls, type ModelPulls, type PullEvent } from './model-pulls.ts';
import { isInScope } from './model-scope.ts';
import type { ModelSource } from './model-sources/model-source.ts';

/** As on the wire: `contract/app/models.ts`. */
export type ModelInfo = Model;

/** What the engine needs to know of a model that is on this server. */
export type RunnableModel = {
  readonly modelId: string;
  readonly path: string;
  readonly contextLength: number;
  readonly functions: readonly ModelFunction[];
};

/** The foundation models of this server: the catalogue, and the files in the models folder. */
export type ModelService = {
  /** The catalogue in its order, then imported models by id; each with where it stands. Only those that the actor's credential reaches. */
  list(actor: Actor): Promise<readonly ModelInfo[]>;
  /**
   * Starts to fetch a model of the catalogue and returns at once; {@link list} shows how far it is. No-op while it is being
   * fetched and when it is there. Its sources are tried in order.
   * @throws AppError `not-found` for a model that is not in the catalogue.
   */
  pull(actor: Actor, modelId: string): Promise<void>;
  /**
   * Takes in a GGUF file, replacing the model's file if it has one. Nothing is kept of a file that is damaged or cut.
   * @throws AppError `invalid-argument` for an id that can't be one, `failed-precondition` for a file that is no model.
   */
  importFile(actor: Actor, modelId: string, content: AsyncIterable<Uint8Array>): Promise<ModelInfo>;
  /** Removes the model's file, stops its fetch, and forgets a failed one. */
  remove(actor: Actor, modelId: string): Promise<void>;
  /** @throws AppError `not-found` (no such model) or `failed-precondition` (known, but not on this server). */
  modelPath(modelId: string): Promise<string>;
  /** Whether the model may be used today; one that is not in the catalogue always may. */
  lifecycleOf(modelId: string): ModelLifecycle;
  /** The models that can run, for the engine. */
  installedModels(): Promise<readonly RunnableModel[]>;
  /** Calls back after a model came or went, with its id. Returns a function that ends it. */
  onModelsChanged(listener: (modelId: string) => void): () => void;
  /**
   * At the first start: fetches the default model if no model is there, and resolves when that has ended, well or not. Never
   * throws: the state of the model tells.
   * @param onEvent hears how it goes, for a progress bar in the terminal.
   */
  ensureDefaultModel(onEvent?: (event: PullEvent) => void): Promise<void>;
  /** Stops fetches; what they received stays for the next start to go on from. */
  close(): Promise<void>;
};

export type ModelServiceOptions = {
  readonly files: ModelFileStore;
  readonly sources: readonly ModelSource[];
  readonly authorize: Authorize;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue?: readonly CatalogueEntry[];
};

const RUNS_ON = 'on this server';

export function createModelService(options: ModelServiceOptions): ModelService {
  const { files, authorize, audit, clock, logger, catalogue = knownModels } = options;
  const listeners = new Set<(modelId: string) => void>();
  const importing = new Set<string>();
  const changed = (modelId: string): void => {
    for (const listener of listeners) listener(modelId);
  };
  const pulls = createModelPulls({ ...options, onInstalled: changed });
  const entryOf = (modelId: string): CatalogueEntry | undefined =>
    catalogue.find((candidate) => candidate.modelId === modelId);
  const lifecycleOf = (modelId: string): ModelLifecycle =>
    lifecycleAt(entryOf(modelId)?.lifecycle ?? unlimitedLifecycle, clock.now());
  const describe = (entry: CatalogueEntry, installed: InstalledModel | undefined): ModelInfo =>
    infoOf(entry, installed, { pulls, lifecycle: lifecycleOf(entry.modelId) });

  return {
    lifecycleOf,

    async list(actor) {
      await authorize(actor, { action: 'see-models' });
      const installed = new Map((await files.list()).map((model) => [model.modelId, model]));
      const known = catalogue.map((entry) => describe(entry, installed.get(entry.modelId)));
      const imported = [...installed.values()].filter((model) => entryOf(model.modelId) === undefined);
      return [...known, ...imported.map((model) => infoOfImported(model, lifecycleOf(model.modelId)))].filter(
        ({ modelId }) => isInScope(actor, modelId),
      );
    },

    async pull(actor, modelId) {
      await authorize(actor, { action: 'manage-models' });
      const entry = entryOf(modelId);
      if (entry === undefined) throw notFound('model', modelId);
      if (importing.has(modelId)) throw busy(modelId, 'is being imported');
      if (pulls.stateOf(modelId)?.state === 'pulling' || (await files.find(modelId)) !== undefined) return;
      await audit.record(actor, eventOf('model.pull', modelId));
      pulls.start(entry);
    },

    async importFile(actor, modelId, content) {
      await authorize(actor, { action: 'manage-models' });
      checkModelId(modelId);
      if (importing.has(modelId)) throw busy(modelId, 'is being imported');
      if (pulls.stateOf(modelId)?.state === 'pulling') throw busy(modelId, 'is being fetched');
      importing.add(modelId);
      try {
        const model = await receiveImport(files, modelId, content, () =>
          audit.record(actor, eventOf('model.import', modelId)),
        );
        pulls.forget(modelId);
        logger.info('model imported', { modelId, sizeBytes: model.sizeBytes });
        changed(modelId);
        const entry = entryOf(modelId);
        return entry === undefined ? infoOfImported(model, lifecycleOf(modelId)) : describe(entry, model);
      } finally {
        importing.delete(modelId);
      }
    },

    async remove(actor, modelId) {
      await authorize(actor, { action: 'manage-models' });
      if (importing.has(modelId)) throw busy(modelId, 'is being imported');
      const isKnown = entryOf(modelId) !== undefined;
      if (!isKnown) checkKnownId(modelId);
      if (!isKnown && (await files.find(modelId)) === undefined) throw notFound('model', modelId);
      await audit.record(actor, eventOf('model.remove', modelId));
      await pulls.stop(modelId);
      await files.remove(modelId);
      pulls.forget(modelId);
      logger.info('model removed', { modelId });
      changed(modelId);
    },

    async modelPath(modelId) {
      checkKnownId(modelId);
      const model = await files.find(modelId);
      if (model !== undefined) return model.path;
      if (entryOf(modelId) === undefined) throw notFound('model', modelId);
      throw new AppError(
        'failed-precondition',
        `The model "${modelId}" is not on this server yet. Whoever manages its models can fetch it: cloister models pull ${modelId}`,
        { details: { reason: 'model-not-installed' } },
      );
    },

    async installedModels() {
      return (await files.list()).map(({ modelId, path, metadata }) => ({
        modelId,
        path,
        contextLength: metadata.contextLength,
        functions: metadata.functions,
      }));
    },

    onModelsChanged(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    async ensureDefaultModel(onEvent) {
      try {
        const entry = entryOf(defaultModelId);
        if (entry === undefined || (await files.list()).length > 0) return;
        await pulls.start(entry, onEvent);
      } catch (error) {
        logger.error('the default model could not be looked for', { error: loggableError(error) });
      }
    },

    close: () => pulls.close(),
  };
}

/** Files are no part of the event's transaction, so it is recorded first: there is no change without its event. */
function eventOf(action: 'model.pull' | 'model.import' | 'model.remove', modelId: string): AuditEvent {
  return { action, target: { type: 'model', id: modelId } };
}

async function receiveImport(
  files: ModelFileStore,
  modelId: string,
  content: AsyncIterable<Uint8Array>,
  onArrived: () => Promise<void>,
): Promise<InstalledModel> {
  const part = await files.openImport();
  try {
    await part.write(content, { offset: 0 });
    await onArrived();
    return await files.install(modelId, part, {
      source: 'imported',
      expected: { sha256: null, sizeBytes: null },
    });
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError('cancelled', 'The file stopped coming before its end. Nothing was kept; import it again.', {
      cause: error,
    });
  } finally {
    await part.remove();
  }
}

function lifecycleFields({ state, availableOn, deprecatedOn, withdrawnOn }: ModelLifecycle) {
  return { lifecycle: state, availableOn, deprecatedOn, withdrawnOn };
}

function infoOf(
  entry: CatalogueEntry,
  installed: InstalledModel | undefined,
  { pulls, lifecycle }: { readonly pulls: ModelPulls; readonly lifecycle: ModelLifecycle },
): ModelInfo {
  return {
    modelId: entry.modelId,
    label: entry.label,
    publisher: entry.publisher,
    licence: entry.licence,
    description: entry.description,
    sizeBytes: installed?.sizeBytes ?? entry.sizeBytes,
    parameterCount: entry.parameterCount,
    contextLength: installed?.metadata.contextLength ?? entry.contextLength,
    tasks: [...entry.tasks],
    functions: [...(installed?.metadata.functions ?? entry.functions)],
    ...lifecycleFields(lifecycle),
    isDefault: entry.modelId === defaultModelId,
    runsOn: RUNS_ON,
    installation:
      installed === undefined ? (pulls.stateOf(entry.modelId) ?? { state: 'absent' }) : { state: 'available' },
  };
}

function infoOfImported({ modelId, sizeBytes, metadata }: InstalledModel, lifecycle: ModelLifecycle): ModelInfo {
  const [publisher = modelId] = modelId.split('/');
  return {
    modelId,
    label: metadata.name ?? modelId,
    publisher,
    licence: metadata.licence ?? 'not stated in the file',
    description: 'A model file that was imported on this server.',
    sizeBytes,
    parameterCount: metadata.parameterCount,
    contextLength: metadata.contextLength,
    tasks: [],
    functions: [...metadata.functions],
    ...lifecycleFields(lifecycle),
    isDefault: false,
    runsOn: RUNS_ON,
    installation: { state: 'available' },
  };
}

/** To somebody who asks for a model, an id that can't be one is just a model that is not there. */
function checkKnownId(modelId: string): void {
  try {
    checkModelId(modelId);
  } catch {
    throw notFound('model', modelId.slice(0, 200));
  }
}

function busy(modelId: string, what: string): AppError {
  return new AppError('failed-precondition', `The model "${modelId}" ${what} just now. Wait until that has ended.`, {
    details: { reason: 'model-busy' },
  });
}
