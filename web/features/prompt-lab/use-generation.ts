import { useCallback, useEffect, useRef, useState } from 'react';
import type {
  GenerateRequest,
  GuardrailFinding,
  StopReason,
  TokenLogProbability,
} from '../../../contract/app/index.ts';
import { ApiError, toApiError } from '../../app/api/client.ts';
import { streamGeneration } from '../../app/api/generation.ts';

export type RunSummary = {
  stopReason: StopReason;
  inputTokens: number;
  outputTokens: number;
  seed: number;
  firstTokenMs: number | undefined;
  tokensPerSecond: number | undefined;
};

export type Run =
  | { state: 'idle' }
  | { state: 'sending' }
  | { state: 'queued'; position: number }
  | { state: 'reading'; inputTokens: number }
  | { state: 'writing' }
  | { state: 'done'; summary: RunSummary }
  | { state: 'stopped' }
  | { state: 'failed'; error: ApiError };

/** What is told beside the text of the last run; forgotten with the next one. */
export type RunDetails = { tokens: readonly TokenLogProbability[]; findings: readonly GuardrailFinding[] };
const noDetails: RunDetails = { tokens: [], findings: [] };

export const isRunning = ({ state }: Run): boolean =>
  state === 'sending' || state === 'queued' || state === 'reading' || state === 'writing';

/** Text is handed on in pieces of this length of time: smooth to read, and a fast model does not redraw the page for every token. */
const FLUSH_EVERY_MS = 40;

/** Runs one generation at a time; `start` hands its text to `onText` as it arrives, `stop` ends it and keeps what has arrived. */
export function useGeneration(projectId: string) {
  const [run, setRun] = useState<Run>({ state: 'idle' });
  const [details, setDetails] = useState(noDetails);
  const abort = useRef<AbortController>(undefined);

  useEffect(() => () => abort.current?.abort(), []);

  const stop = useCallback(() => abort.current?.abort(), []);
  const clear = useCallback(() => {
    setRun({ state: 'idle' });
    setDetails(noDetails);
  }, []);

  const start = useCallback(
    async (body: GenerateRequest, onText: (piece: string) => void): Promise<Run> => {
      abort.current?.abort();
      const controller = new AbortController();
      abort.current = controller;
      const show = (next: Run) => {
        if (abort.current === controller) setRun(next);
        return next;
      };
      const buffer = createTextBuffer(onText);
      const heard = { tokens: [] as TokenLogProbability[], findings: [] as GuardrailFinding[] };
      show({ state: 'sending' });
      setDetails(noDetails);
      try {
        return show(await follow(projectId, body, controller.signal, { buffer, heard, show }));
      } catch (error) {
        return show(controller.signal.aborted ? { state: 'stopped' } : { state: 'failed', error: toApiError(error) });
      } finally {
        buffer.flush();
        if (abort.current === controller) setDetails(heard);
      }
    },
    [projectId],
  );

  return { run, details, start, stop, clear };
}

type Listener = {
  buffer: TextBuffer;
  heard: { tokens: TokenLogProbability[]; findings: GuardrailFinding[] };
  show: (run: Run) => void;
};

async function follow(
  projectId: string,
  body: GenerateRequest,
  signal: AbortSignal,
  { buffer, heard, show }: Listener,
): Promise<Run> {
  const sentAt = performance.now();
  let firstTokenAt: number | undefined;
  for await (const event of streamGeneration(projectId, body, signal)) {
    switch (event.type) {
      case 'queued':
        show({ state: 'queued', position: event.position });
        break;
      case 'started':
        show({ state: 'reading', inputTokens: event.inputTokens });
        break;
      case 'text-delta':
        if (firstTokenAt === undefined) {
          firstTokenAt = performance.now();
          show({ state: 'writing' });
        }
        buffer.add(event.text);
        heard.tokens.push(...(event.tokens ?? []));
        break;
      case 'guardrail': {
        const { type: _type, ...finding } = event;
        heard.findings.push(finding);
        break;
      }
      case 'error':
        throw new ApiError({ type: 'about:blank', status: 0, trace: '', ...event.problem });
      case 'done': {
        const { stopReason, inputTokens, outputTokens, seed } = event;
        const writingMs = firstTokenAt === undefined ? 0 : performance.now() - firstTokenAt;
        const summary: RunSummary = {
          stopReason,
          inputTokens,
          outputTokens,
          seed,
          firstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - sentAt,
          tokensPerSecond: outputTokens > 1 && writingMs > 0 ? ((outputTokens - 1) * 1000) / writingMs : undefined,
        };
        return { state: 'done', summary };
      }
    }
  }
  return { state: 'stopped' };
}

type TextBuffer = { add: (piece: string) => void; flush: () => void };

function createTextBuffer(onText: (piece: string) => void): TextBuffer {
  let waiting = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== '') onText(waiting);
    waiting = '';
  };
  return {
    add(piece) {
      waiting += piece;
      timer ??= setTimeout(flush, FLUSH_EVERY_MS);
    },
    flush,
  };
}
