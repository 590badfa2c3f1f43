import { formatCount } from '../../components/format.ts';
import type { TokenCount } from './use-token-count.ts';

type TokenMeterProps = { count: TokenCount; contextLength: number | undefined; maxNewTokens: number };

/** The prompt's tokens against what the model can read, with the room that the answer may need. */
export function TokenMeter({ count, contextLength, maxNewTokens }: TokenMeterProps) {
  const limit = count.result?.contextLength ?? contextLength;
  if (limit === undefined) return <div className="cl-meter" />;
  const used = count.result?.inputTokens ?? 0;
  const isOver = used > limit;
  const isTight = !isOver && used + maxNewTokens > limit;
  const percent = (tokens: number) => `${Math.min((tokens / limit) * 100, 100)}%`;
  const words = `${formatCount(used)} of ${formatCount(limit)} tokens`;

  return (
    <div className={`cl-meter${isOver ? ' cl-meter--over' : isTight ? ' cl-meter--tight' : ''}`}>
      <meter
        className="cl-visually-hidden"
        aria-label="Prompt tokens"
        min={0}
        max={limit}
        value={Math.min(used, limit)}
      >
        {words}
      </meter>
      <div className="cl-meter__track" aria-hidden="true">
        <div className="cl-meter__room" style={{ width: percent(used + maxNewTokens) }} />
        <div className="cl-meter__used" style={{ width: percent(used) }} />
      </div>
      <p className="cl-meter__words">
        {count.error !== undefined ? (
          <span title={count.error.message}>Tokens could not be counted</span>
        ) : !count.canCount ? (
          'Tokens are counted once the model is ready'
        ) : isOver ? (
          `${words}: ${formatCount(used - limit)} too many. Shorten the prompt.`
        ) : isTight ? (
          `${words}: the answer may be cut short`
        ) : (
          <>
            {words}
            {count.isCounting && <span className="cl-meter__counting"> …</span>}
          </>
        )}
      </p>
    </div>
  );
}
