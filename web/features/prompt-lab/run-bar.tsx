import { PlayFilledAlt, StopFilledAlt } from '@carbon/icons-react';
import { Button, InlineLoading } from '@carbon/react';
import { type ReactNode, useEffect, useState } from 'react';
import type { DecodingParameters, Model } from '../../../contract/app/index.ts';
import { formatCount, formatDuration } from '../../components/format.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { describeRun, stopReasonWords } from './run-words.ts';
import { sendKeyLabel } from './send-key.ts';
import { TokenMeter } from './token-meter.tsx';
import { isRunning, type Run, type RunSummary } from './use-generation.ts';
import type { TokenCount } from './use-token-count.ts';

const AFTER_END_MS = 400;

type RunBarProps = {
  run: Run;
  count: TokenCount;
  model: Model | undefined;
  parameters: DecodingParameters;
  fault: string | undefined;
  action: string;
  canStart: boolean;
  onStart: () => void;
  onStop: () => void;
  onRetry: () => void;
  children: ReactNode;
};

/** The foot of the editor, always in view: how long the prompt is, what the last run did or why it failed, and the button. */
export function RunBar(props: RunBarProps) {
  const { run, count, model, parameters, fault, action, canStart, onStart, onStop, onRetry, children } = props;
  const running = isRunning(run);
  const hasJustEnded = useJustEnded(running);
  return (
    <div className="cl-run">
      {run.state === 'failed' && <ProblemNotice error={run.error} retry={onRetry} className="cl-run__problem" />}
      <div className="cl-run__facts">
        {running ? (
          <InlineLoading description={describeRun(run)} className="cl-run__progress" />
        ) : run.state === 'done' ? (
          <RunFacts summary={run.summary} isDrawn={parameters.decodingMethod === 'sample'} />
        ) : run.state === 'stopped' ? (
          <p className="cl-run__line">{describeRun(run)}</p>
        ) : fault !== undefined ? (
          <p className="cl-run__line cl-run__line--fault">{fault}</p>
        ) : null}
        {children}
      </div>
      <div className="cl-run__controls">
        <TokenMeter count={count} contextLength={model?.contextLength} maxNewTokens={parameters.maxNewTokens} />
        {running ? (
          <Button
            kind="danger--tertiary"
            size="md"
            className="cl-run__button"
            renderIcon={StopFilledAlt}
            onClick={onStop}
          >
            Stop
          </Button>
        ) : (
          <Button
            kind="primary"
            size="md"
            className="cl-run__button"
            renderIcon={PlayFilledAlt}
            disabled={!canStart}
            title={`${action} (${sendKeyLabel})`}
            aria-disabled={hasJustEnded}
            onClick={() => {
              if (!hasJustEnded) onStart();
            }}
          >
            {action}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Whether a run ended only now: a click that was meant for Stop must not start the next run in its place. */
function useJustEnded(running: boolean): boolean {
  const [hasJustEnded, setHasJustEnded] = useState(false);
  useEffect(() => {
    if (!running) return;
    return () => setHasJustEnded(true);
  }, [running]);
  useEffect(() => {
    if (!hasJustEnded) return;
    const timer = setTimeout(() => setHasJustEnded(false), AFTER_END_MS);
    return () => clearTimeout(timer);
  }, [hasJustEnded]);
  return hasJustEnded;
}

/** `isDrawn`: the answer was drawn at random, so that its seed says something. */
function RunFacts({ summary, isDrawn }: { summary: RunSummary; isDrawn: boolean }) {
  const { stopReason, inputTokens, outputTokens, seed, firstTokenMs, tokensPerSecond } = summary;
  return (
    <dl className="cl-facts">
      <Fact term="Stop reason">{stopReasonWords[stopReason]}</Fact>
      <Fact term="Tokens in">{formatCount(inputTokens)}</Fact>
      <Fact term="Tokens out">{formatCount(outputTokens)}</Fact>
      {firstTokenMs !== undefined && <Fact term="First token">{formatDuration(firstTokenMs)}</Fact>}
      {tokensPerSecond !== undefined && <Fact term="Speed">{tokensPerSecond.toFixed(1)} tokens/s</Fact>}
      {isDrawn && <Fact term="Seed">{String(seed)}</Fact>}
    </dl>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="cl-facts__item">
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
