import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Deployment } from '../../contract/app/index.ts';
import { filesOf } from './places.ts';

/** The files of the project's bucket, where they are on this machine. */
export function sealedFiles(deployment: Deployment, projectId: string): { paths: readonly string[]; digest: string } {
  const { files } = filesOf({
    places: deployment.places.filter(({ kind }) => kind === 'bucket'),
    processes: [],
  });
  const paths = files
    .map(({ path }) => path)
    .filter((path) => path.includes(projectId))
    .sort();
  const digest = createHash('sha256');
  for (const path of paths) digest.update(path).update(readFileSync(path));
  return { paths, digest: digest.digest('hex') };
}
