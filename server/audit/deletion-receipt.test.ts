import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Actor, newId, silentLogger } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { createAuditService } from './audit-service.ts';
import { createAuditLog } from './create-audit.ts';
import { MOST_LISTED, type SealedDigest, sumDigests } from './deletion-receipt.ts';
import { createMemoryAuditStore } from './memory-audit-store.ts';
import { createTestSigner } from './testing.ts';

const actor: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const digestOf = (text: string): SealedDigest => ({ objectId: newId(), sealedSizeBytes: 10, sha256: sha256(text) });

function fixture(signer = createTestSigner()) {
  const clock = manualClock();
  const store = createMemoryAuditStore({ clock });
  const log = createAuditLog({ store, signer, clock, logger: silentLogger });
  const service = createAuditService({ log, authorize: async () => {}, listAccountIds: async () => [] });
  const event = { action: 'asset.delete', target: { type: 'asset', id: newId() }, projectId: newId() } as const;
  return { clock, audit: log.audit, service, event, signer };
}

describe('the digests of what a deletion took', () => {
  it('are the one of one object, and one over those of several, whatever their order', () => {
    const [one, other] = [digestOf('one'), digestOf('other')];
    expect(sumDigests([one])).toEqual({
      sealedObjects: 1,
      sealedSizeBytes: 10,
      sealedSha256: one.sha256,
      sealed: [one],
    });
    const inOrder = [one.sha256, other.sha256].sort().map((text) => Buffer.from(text, 'hex'));
    const both = sha256(Buffer.concat(inOrder));
    expect(sumDigests([one, other])).toMatchObject({ sealedObjects: 2, sealedSizeBytes: 20, sealedSha256: both });
    expect(sumDigests([other, one]).sealedSha256).toBe(both);
    expect(sumDigests([])).toEqual({ sealedObjects: 0, sealedSizeBytes: 0, sealed: [] });
  });

  it('are listed as long as the receipt stays small', () => {
    const many = (count: number) => sumDigests(Array.from({ length: count }, (_, index) => digestOf(String(index))));
    expect(many(MOST_LISTED).sealed).toHaveLength(MOST_LISTED);
    expect(many(MOST_LISTED + 1)).toMatchObject({ sealedObjects: MOST_LISTED + 1 });
    expect(many(MOST_LISTED + 1).sealed).toBeUndefined();
  });
});

describe('the receipt of a deletion', () => {
  it('says what went, when and by whom, and the event has its digest', async () => {
    const { audit, service, event, clock } = fixture();
    const digests = sumDigests([digestOf('sealed')]);
    const { result, receipt } = await audit.purge(actor, event, async () => ({ digests, result: 'gone' }));
    expect(result).toBe('gone');
    expect(await service.openReceipt(receipt)).toEqual({
      kind: 'cloister-deletion-receipt',
      version: 1,
      receiptId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      accountId: actor.accountId,
      projectId: event.projectId,
      what: event.target,
      deletedAt: clock.now().toISOString(),
      by: { userId: actor.userId },
      keyDestroyed: true,
      ...digests,
    });
    const { items } = await service.list(actor, {}, {});
    expect(items.map(({ action, details }) => ({ action, details }))).toEqual([
      { action: 'asset.delete', details: { sealedSha256: digests.sealedSha256 } },
    ]);
  });

  it('is none for any other text, whoever signed it', async () => {
    const { service, signer, audit, event } = fixture();
    const { receipt } = await audit.purge(actor, event, async () => ({ digests: sumDigests([]), result: undefined }));
    const [head = '', payload = '', signature = ''] = receipt.split('.');
    const other = Buffer.from(payload, 'base64url').toString().replace(actor.userId, newId());
    const foreign = fixture().signer;
    const texts = [
      'no receipt',
      `${head}.${Buffer.from(other).toString('base64url')}.${signature}`,
      await signer.sign(JSON.stringify({ type: 'head', account: actor.accountId, sequence: 1, hash: '', at: '' })),
      await foreign.sign(Buffer.from(payload, 'base64url').toString()),
    ];
    for (const text of texts)
      await expect(service.openReceipt(text)).rejects.toMatchObject({ details: { reason: 'receipt-not-ours' } });
  });

  it('comes with the deletion or not at all', async () => {
    const lost = new Error('no key');
    const { audit, service, event } = fixture({ ...createTestSigner(), sign: () => Promise.reject(lost) });
    const purged = audit.purge(actor, event, async () => ({ digests: sumDigests([]), result: undefined }));
    await expect(purged).rejects.toBe(lost);
    expect((await service.list(actor, {}, {})).items).toEqual([]);
  });
});
