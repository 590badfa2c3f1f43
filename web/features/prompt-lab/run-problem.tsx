import { ProblemNotice } from '../../components/problem-notice.tsx';
import type { Run } from './use-generation.ts';

/** Why the last run failed, right where the answer would be. */
export function RunProblem({ run, retry }: { run: Run; retry: () => void }) {
  if (run.state !== 'failed') return null;
  return <ProblemNotice error={run.error} retry={retry} className="cl-run-problem" />;
}
