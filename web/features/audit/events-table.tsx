import {
  Button,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableExpandedRow,
  TableExpandHeader,
  TableExpandRow,
  TableHead,
  TableHeader,
  TableRow,
  Tag,
} from '@carbon/react';
import { Fragment, useState } from 'react';
import type { AuditEvent } from '../../../contract/app/index.ts';
import { formatDayAndTime } from '../../components/format.ts';
import { actorOf, factsOf, type NamesById, outcomeWords, targetTypeOf, wordsOf } from './event-words.ts';
import type { FilterState } from './filter-state.ts';

type EventsTableProps = {
  events: readonly AuditEvent[];
  names: NamesById;
  /** The events of another choice are shown until the new ones are there. */
  isStale: boolean;
  onNarrow: (part: Partial<FilterState>) => void;
};

const COLUMNS = 6;

/** The newest event first; each opens to show everything that was recorded of it. */
export function EventsTable({ events, names, isStale, onNarrow }: EventsTableProps) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (sequence: number) => {
    const next = new Set(open);
    if (!next.delete(sequence)) next.add(sequence);
    setOpen(next);
  };

  return (
    <TableContainer className="cl-events">
      <Table size="md" aria-label="Audit events" aria-busy={isStale}>
        <TableHead>
          <TableRow>
            <TableExpandHeader aria-label="Details" />
            <TableHeader className="cl-events__wide">When</TableHeader>
            <TableHeader className="cl-events__wide">Who</TableHeader>
            <TableHeader>What</TableHeader>
            <TableHeader className="cl-events__wide">On</TableHeader>
            <TableHeader className="cl-events__wide">Outcome</TableHeader>
          </TableRow>
        </TableHead>
        <TableBody>
          {events.map((event) => (
            <Fragment key={event.sequence}>
              <TableExpandRow
                aria-label={`Details of event ${event.sequence}`}
                aria-controls={`event-${event.sequence}`}
                isExpanded={open.has(event.sequence)}
                onExpand={() => toggle(event.sequence)}
              >
                <TableCell className="cl-events__wide cl-events__time">{formatDayAndTime(event.at)}</TableCell>
                <TableCell className="cl-events__wide">{actorOf(event)}</TableCell>
                <TableCell>
                  {wordsOf(event)}
                  <span className="cl-events__line">
                    {actorOf(event)}, {formatDayAndTime(event.at)}
                    {event.outcome !== 'success' && `, ${outcomeWords[event.outcome].toLowerCase()}`}
                  </span>
                </TableCell>
                <TableCell className="cl-events__wide">{onWhat(event, names)}</TableCell>
                <TableCell className="cl-events__wide">
                  <Outcome event={event} />
                </TableCell>
              </TableExpandRow>
              {open.has(event.sequence) && (
                <TableExpandedRow colSpan={COLUMNS} id={`event-${event.sequence}`}>
                  <EventDetails event={event} names={names} onNarrow={onNarrow} />
                </TableExpandedRow>
              )}
            </Fragment>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function onWhat(event: AuditEvent, names: NamesById): string {
  const { id } = event.target;
  if (id === undefined) return targetTypeOf(event);
  return `${targetTypeOf(event)} ${names.get(id) ?? (id.length > 36 ? id : id.slice(0, 8))}`;
}

function Outcome({ event: { outcome } }: { event: AuditEvent }) {
  const type = outcome === 'success' ? 'green' : outcome === 'denied' ? 'magenta' : 'red';
  return (
    <Tag size="sm" type={type}>
      {outcomeWords[outcome] ?? outcome}
    </Tag>
  );
}

type EventDetailsProps = { event: AuditEvent; names: NamesById; onNarrow: (part: Partial<FilterState>) => void };

function EventDetails({ event, names, onNarrow }: EventDetailsProps) {
  const { projectId } = event;
  const { userId } = event.actor;
  return (
    <div className="cl-event">
      <dl className="cl-event__facts">
        <div>
          <dt>Time</dt>
          <dd>{event.at}</dd>
        </div>
        {factsOf(event, names).map(([term, description]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{description}</dd>
          </div>
        ))}
      </dl>
      <div className="cl-event__actions">
        {userId !== null && (
          <Button kind="ghost" size="sm" onClick={() => onNarrow({ actor: userId })}>
            Only what {actorOf(event)} did
          </Button>
        )}
        {projectId !== undefined && (
          <Button kind="ghost" size="sm" onClick={() => onNarrow({ projectId })}>
            Only this project
          </Button>
        )}
      </div>
    </div>
  );
}
