import type { Audit } from './audit.ts';
import type { AuditActor, AuditEvent } from './audit-event.ts';

export type RecordingAudit = Audit & { readonly events: (AuditEvent & { readonly actor: AuditActor })[] };

/** Keeps events in memory, for tests that say what a service records. */
export function createRecordingAudit(): RecordingAudit {
  const events: (AuditEvent & { readonly actor: AuditActor })[] = [];
  return {
    events,
    async change(actor, event, work) {
      const result = await work();
      events.push({ ...(typeof event === 'function' ? event(result) : event), actor });
      return result;
    },
    async record(actor, event) {
      events.push({ ...event, actor });
    },
  };
}
