import { beforeEach, describe, expect, it } from 'vitest';
import {
  decodingParameters,
  MAX_SESSION_ENTRIES,
  SESSION_DAYS,
  type SessionEntryContent,
} from '../../contract/app/index.ts';
import type { Assets } from '../assets/index.ts';
import { createMemoryAssetsRoom } from '../assets/testing.ts';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Actor, Confidential, newId, silentLogger } from '../core/index.ts';
import { type ManualClock, manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryStorage } from '../storage/testing.ts';
import { createPromptSessions, type PromptSessionService } from './prompt-session-service.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const BEGIN = new Date('2026-11-01T08:00:00Z');
const actor: Actor = { userId: newId(), accountId: newId(), via: 'login-session' };
const projectId = newId();

const entryOf = (output: string): SessionEntryContent => ({
  content: {
    mode: 'freeform',
    modelId: 'm',
    parameters: decodingParameters.parse({}),
    variables: [{ name: 'who', defaultValue: 'you' }],
    guardrails: {},
    text: 'Hello {who}',
  },
  values: { who: 'Ada' },
  output,
  stopReason: 'eos_token',
  inputTokens: 3,
  outputTokens: 2,
  seed: 7,
});

describe('prompt sessions', () => {
  let assets: Assets;
  let audit: RecordingAudit;
  let sessions: PromptSessionService;
  let clock: ManualClock;

  beforeEach(() => {
    clock = manualClock(BEGIN);
    audit = createRecordingAudit();
    assets = createMemoryAssetsRoom({
      authorize: async () => {},
      audit,
      storage: createMemoryStorage({ keys: createMemoryKeys().service }),
      clock,
      logger: silentLogger,
    });
    sessions = createPromptSessions({ assets: assets.service, parts: assets.parts, clock });
  });

  const goTo = (time: Date) => clock.advance(time.getTime() - clock.now().getTime());
  const begin = () => sessions.save(actor, projectId, { name: 'Monday', description: 'tries' });
  const add = (sessionId: string, output: string, id?: string) =>
    sessions.addEntry(actor, projectId, sessionId, {
      entry: Confidential.of(entryOf(output)),
      ...(id === undefined ? {} : { id }),
    });
  const outputsOf = async (sessionId: string) => {
    const outputs: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const request = { limit: 50, ...(cursor === undefined ? {} : { cursor }) };
      const page = await sessions.listEntries(actor, projectId, sessionId, request);
      outputs.push(...page.items.map(({ entry }) => entry?.reveal('write-response').output));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return outputs;
  };
  const daysLater = (days: number, ms = 0) => new Date(BEGIN.getTime() + days * DAY_MS + ms);

  it('keep what was submitted, the newest first, and tell nothing of it by themselves', async () => {
    const { id } = await begin();
    const first = await add(id, 'one');
    goTo(daysLater(1));
    await add(id, 'two');
    expect(await outputsOf(id)).toEqual(['two', 'one']);
    const opened = await sessions.getEntry(actor, projectId, id, first.number);
    expect(opened.entry?.reveal('write-response')).toEqual(entryOf('one'));
    expect(opened).toMatchObject({ number: 1, submittedAt: BEGIN, expiresAt: daysLater(SESSION_DAYS) });
    expect(JSON.stringify(opened)).toContain('[confidential]');
    expect(await sessions.get(actor, projectId, id)).toMatchObject({ name: 'Monday', entryCount: 2 });
    expect(JSON.stringify(audit.events)).not.toContain('Hello');
  });

  it('know an entry that is sent again', async () => {
    const { id } = await begin();
    const entryId = newId();
    const [one, again] = [await add(id, 'one', entryId), await add(id, 'one', entryId)];
    expect(again).toEqual(one);
    expect(await outputsOf(id)).toEqual(['one']);
  });

  it('keep the newest only when more come than a session holds', async () => {
    const { id } = await begin();
    for (let number = 1; number <= MAX_SESSION_ENTRIES + 2; number += 1) await add(id, String(number));
    const outputs = await outputsOf(id);
    expect([outputs.length, outputs[0], outputs.at(-1)]).toEqual([
      MAX_SESSION_ENTRIES,
      String(MAX_SESSION_ENTRIES + 2),
      '3',
    ]);
    expect(await sessions.get(actor, projectId, id)).toMatchObject({ entryCount: MAX_SESSION_ENTRIES });
    await expect(sessions.getEntry(actor, projectId, id, 2)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are gone to the moment, whole, when their days are over', async () => {
    const { id } = await begin();
    await add(id, 'one');
    goTo(daysLater(29));
    const late = await add(id, 'late');
    // Not later than its session.
    expect(late.expiresAt).toEqual(daysLater(SESSION_DAYS));
    goTo(daysLater(SESSION_DAYS, -1));
    expect(await outputsOf(id)).toEqual(['late', 'one']);
    goTo(daysLater(SESSION_DAYS));
    await expect(sessions.get(actor, projectId, id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(sessions.listEntries(actor, projectId, id, {})).rejects.toMatchObject({ code: 'not-found' });
    expect((await sessions.list(actor, projectId, {})).items).toEqual([]);
  });

  it('are renamed and deleted, entries by themselves too, each with a receipt', async () => {
    const { id } = await begin();
    await add(id, 'one');
    await add(id, 'two');
    expect(await sessions.change(actor, projectId, id, { name: 'Tuesday' })).toMatchObject({
      name: 'Tuesday',
      entryCount: 2,
    });
    expect(await sessions.deleteEntry(actor, projectId, id, 1)).toMatch(/\./);
    expect(await outputsOf(id)).toEqual(['two']);
    expect(await sessions.delete(actor, projectId, id)).toMatch(/\./);
    await expect(sessions.get(actor, projectId, id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are not what an asset of another type is', async () => {
    const content = Confidential.of<Uint8Array>(Buffer.from('{}'));
    const other = { type: 'notebook', name: 'n', description: '', content };
    const { id } = await assets.service.create(actor, projectId, other);
    const refused = { code: 'not-found' };
    await expect(sessions.get(actor, projectId, id)).rejects.toMatchObject(refused);
    await expect(sessions.change(actor, projectId, id, { name: 'x' })).rejects.toMatchObject(refused);
    await expect(sessions.delete(actor, projectId, id)).rejects.toMatchObject(refused);
    await expect(sessions.listEntries(actor, projectId, id, {})).rejects.toMatchObject(refused);
    await expect(add(id, 'one')).rejects.toMatchObject(refused);
  });
});
