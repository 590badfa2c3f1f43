import { SkeletonPlaceholder } from '@carbon/react';
import { type AuditFilters, useCountedEvents } from '../../app/api/audit.ts';
import { toApiError } from '../../app/api/client.ts';
import { formatCount, formatDay } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { countByDay, type DayCount, type LocalDay, startOf } from './days.ts';

type EventsChartProps = { days: readonly LocalDay[]; filters: AuditFilters };

const HEIGHT = 64;
const STEP = 10;
const BAR = 8;

const wordsOf = (day: LocalDay) => formatDay(startOf(day).toISOString());

/** Events on each day as bars; the numbers are a table for those who do not see bars. */
export function EventsChart({ days, filters }: EventsChartProps) {
  const { data, error, refetch } = useCountedEvents(filters);
  if (error !== null) return <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />;
  if (data === undefined) return <SkeletonPlaceholder className="cl-chart__waiting" />;

  const counts = countByDay(days, data);
  const most = Math.max(1, ...counts.map(({ done, notDone }) => done + notDone));
  const first = counts[0];
  const last = counts.at(-1);
  if (first === undefined || last === undefined) return null;
  return (
    <figure className="cl-chart" aria-label="Events per day">
      <figcaption className="cl-chart__caption">
        <span>Events per day, up to {formatCount(most)}</span>
        <span className="cl-chart__key cl-chart__key--done">Done</span>
        <span className="cl-chart__key cl-chart__key--not-done">Refused or failed</span>
      </figcaption>
      <svg
        className="cl-chart__bars"
        viewBox={`0 0 ${counts.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {counts.map((count, place) => (
          <Bar key={count.day} count={count} x={place * STEP} scale={HEIGHT / most} />
        ))}
      </svg>
      <div className="cl-chart__days" aria-hidden="true">
        <span>{wordsOf(first.day)}</span>
        {counts.length > 1 && <span>{wordsOf(last.day)}</span>}
      </div>
      {data.isCut && (
        <p className="cl-chart__note">Only the newest {formatCount(data.events.length)} events are counted.</p>
      )}
      <CountsTable counts={counts} />
    </figure>
  );
}

function Bar({ count, x, scale }: { count: DayCount; x: number; scale: number }) {
  const { day, done, notDone } = count;
  const doneHeight = done * scale;
  const notDoneHeight = notDone * scale;
  return (
    <g>
      <title>{`${wordsOf(day)}: ${formatCount(done)} done, ${formatCount(notDone)} refused or failed`}</title>
      <rect className="cl-chart__column" x={x} y={0} width={STEP} height={HEIGHT} />
      <rect className="cl-chart__done" x={x + 1} y={HEIGHT - doneHeight} width={BAR} height={doneHeight} />
      <rect
        className="cl-chart__not-done"
        x={x + 1}
        y={HEIGHT - doneHeight - notDoneHeight}
        width={BAR}
        height={notDoneHeight}
      />
    </g>
  );
}

function CountsTable({ counts }: { counts: readonly DayCount[] }) {
  return (
    <table className="cl-visually-hidden">
      <caption>Events per day</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Done</th>
          <th scope="col">Refused or failed</th>
        </tr>
      </thead>
      <tbody>
        {counts.map(({ day, done, notDone }) => (
          <tr key={day}>
            <th scope="row">{wordsOf(day)}</th>
            <td>{done}</td>
            <td>{notDone}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
