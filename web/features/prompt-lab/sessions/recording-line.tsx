import { RecordingFilled } from '@carbon/icons-react';
import { Button } from '@carbon/react';
import { Link } from 'react-router-dom';
import { ProblemNotice } from '../../../components/problem-notice.tsx';
import type { Recording } from '../draft/draft.ts';
import { useRecordingState } from './recordings.ts';

type RecordingLineProps = { projectId: string; recording: Recording; onStop: () => void };

/** Says that submitted prompts are kept, where, and how many of them are there; and stops it. */
export function RecordingLine({ projectId, recording, onStop }: RecordingLineProps) {
  const { recorded, waiting, error, refusal, isOver } = useRecordingState(recording.sessionId);
  return (
    <div className="cl-lab__notice cl-recording">
      <div className="cl-recording__line">
        <RecordingFilled aria-hidden="true" className="cl-recording__icon" />
        <p className="cl-recording__text" role="status">
          {isOver ? 'No longer recorded in the session ' : 'Recorded in the session '}
          <Link to={`/projects/${projectId}/sessions/${recording.sessionId}`}>{recording.name}</Link>:{' '}
          {countWords(recorded)}
          {waiting > 0 && `, ${waiting} not sent yet`}
        </p>
        <Button kind="ghost" size="sm" onClick={onStop}>
          {isOver ? 'Close' : 'Stop recording'}
        </Button>
      </div>
      {error !== undefined && <ProblemNotice error={error} />}
      {refusal !== undefined && <ProblemNotice error={refusal} />}
    </div>
  );
}

const countWords = (recorded: number): string => (recorded === 1 ? '1 prompt' : `${recorded} prompts`);
