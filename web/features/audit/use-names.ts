import { useMemo } from 'react';
import type { AuditEvent } from '../../../contract/app/index.ts';
import { usePeople } from '../../app/api/people.ts';
import { useProjects } from '../../app/api/projects.ts';
import { useSession } from '../../app/session.tsx';
import type { Choices } from './audit-filters.tsx';
import type { NamesById } from './event-words.ts';

/**
 * What identifiers in the log stand for, as far as the reader may know: people of the account, service IDs that did something in the events
 * shown, projects that the reader is in, and the account. The log itself holds identifiers only.
 */
export function useNames(events: readonly AuditEvent[]): { names: NamesById; choices: Choices } {
  const { data: people } = usePeople();
  const { data: projects } = useProjects();
  const account = useSession().session?.account;
  return useMemo(() => {
    const actors = new Map<string, string>();
    for (const { actor } of events)
      if (actor.userId !== null && actor.name !== '') actors.set(actor.userId, actor.name);
    for (const { id, name } of people ?? []) actors.set(id, name);
    const list = [...actors].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
    const named = [...(account === undefined ? [] : [account]), ...(projects ?? []), ...list];
    const names = new Map(named.map(({ id, name }) => [id, name]));
    return { names, choices: { people: list, projects: projects ?? [] } };
  }, [events, people, projects, account]);
}
