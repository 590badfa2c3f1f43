import { z } from 'zod';
import type { ComposeOptions, RunningDeployment } from '../../../server/compose.ts';
import { startComposed } from '../../support/composed.ts';
import { createWorld, type World } from './world.ts';

export type MatrixServer = {
  readonly deployment: RunningDeployment;
  readonly world: World;
  close(): Promise<void>;
};

/** A server whose table of routes can be read, with everybody of the matrix on it. */
export async function startMatrixServer(options: ComposeOptions = {}): Promise<MatrixServer> {
  const { deployment, url, control, close } = await startComposed(options);
  const operator = <T>(method: string, path: string, body: object) =>
    control.call(z.unknown() as z.ZodType<T>, method, path, body);
  try {
    return { deployment, world: await createWorld(url, operator), close };
  } catch (error) {
    await close();
    throw error;
  }
}
