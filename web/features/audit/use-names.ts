import { useMemo } from 'react';
import type { AuditEvent } from '../../../contract/app/index.ts';
import { usePeople } from '../../app/api/people.ts';
import { useProjects } from '../../app/api/projects.ts';
import type { Choices } from './audit-filters.tsx';
import type { NamesById } from './event-words.ts';

/**
 * What identifiers in the log stand for, as far as the reader may know: people of the account, service IDs that did something in the events
 * shown, and projects that the reader is in. The log itself holds identifiers only.
 */
export function useNames(events: readonly AuditEvent[]): { names: NamesById; choices: Choices } {
  const { data: people } = usePeople();
  const { data: projects } = useProjects();
  return useMemo(() => {
    const actors = new Map<string, string>();
    for (const { actor } of events)
      if (actor.userId !== null && actor.name !== '') actors.set(actor.userId, actor.name);
    for (const { id, name } of people ?? []) actors.set(id, name);
    const list = [...actors].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
    const names = new Map([...(projects ?? []), ...list].map(({ id, name }) => [id, name]));
    return { names, choices: { people: list, projects: projects ?? [] } };
  }, [events, people, projects]);
}
