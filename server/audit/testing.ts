import { CompactSign, compactVerify, generateKeyPair } from 'jose';
import { type Clock, newId, silentLogger, systemClock } from '../core/index.ts';
import type { Audit } from './audit.ts';
import type { AuditActor, AuditEvent } from './audit-event.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { type AuditLog, createAuditLog } from './create-audit.ts';
import { purgeWith } from './deletion-receipt.ts';
import { createMemoryAuditStore } from './memory-audit-store.ts';

export type RecordingAudit = Audit & { readonly events: (AuditEvent & { readonly actor: AuditActor })[] };

/** Keeps events in memory, for tests that say what a service records. */
export function createRecordingAudit(): RecordingAudit {
  const events: (AuditEvent & { readonly actor: AuditActor })[] = [];
  const change: Audit['change'] = async (actor, event, work) => {
    const result = await work();
    events.push({ ...(typeof event === 'function' ? event(result) : event), actor });
    return result;
  };
  return {
    events,
    change,
    purge: purgeWith({ change, signer: createTestSigner(), clock: systemClock }),
    async record(actor, event) {
      events.push({ ...event, actor });
    },
  };
}

/** The audit room without a database, chains and signatures included. */
export function createMemoryAudit(options: {
  readonly clock: Clock;
  readonly nameOfUser?: (userId: string) => string;
}): AuditLog {
  return createAuditLog({
    clock: options.clock,
    store: createMemoryAuditStore(options),
    signer: createTestSigner(),
    logger: silentLogger,
  });
}

/** Signs with a key of its own, which is gone with the process. */
export function createTestSigner(): CheckpointSigner {
  const kid = newId();
  const keys = generateKeyPair('EdDSA');
  return {
    ready: async () => {
      await keys;
    },
    sign: async (text) =>
      new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'EdDSA', kid }).sign((await keys).privateKey),
    async open(signature) {
      try {
        const { payload } = await compactVerify(signature, (await keys).publicKey, { algorithms: ['EdDSA'] });
        return Buffer.from(payload).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
