import { Link } from 'react-router-dom';

/** In a Prompt Lab with nothing in it yet: the way to prompts that are ready. */
export function SamplesHint({ projectId }: { projectId: string }) {
  return (
    <p className="cl-lab__hint">
      Write a prompt below, or <Link to={`/projects/${projectId}/samples`}>open a sample</Link> that is ready to run.
    </p>
  );
}
