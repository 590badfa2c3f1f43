import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createControl } from '../../../cli/control.ts';
import { type ComposeOptions, composeDeployment, type RunningDeployment } from '../../../server/compose.ts';
import { readSettings } from '../../../server/config/index.ts';
import { createMemoryEngine } from '../../../server/inference/testing.ts';
import { ADMINISTRATOR } from '../../support/deployment.ts';
import { createWorld, type World } from './world.ts';

export type MatrixServer = {
  readonly deployment: RunningDeployment;
  readonly world: World;
  close(): Promise<void>;
};

/** The whole server, real but for the model, in this process, so that its table of routes can be read. */
export async function startMatrixServer(options: ComposeOptions = {}): Promise<MatrixServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-matrix-'));
  const data = join(folder, 'data');
  process.env.XDG_CONFIG_HOME = join(folder, 'configuration');
  const deployment = await composeDeployment(
    readSettings(
      {
        CLOISTER_DATA: data,
        CLOISTER_PORT: '0',
        CLOISTER_ADMIN_EMAIL: ADMINISTRATOR.email,
        CLOISTER_ADMIN_PASSWORD: ADMINISTRATOR.password,
      },
      [],
    ),
    { engine: createMemoryEngine({ concurrency: 8 }), ...options },
  );
  const close = async () => {
    await deployment.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const control = createControl(data);
    const operator = <T>(method: string, path: string, body: object) =>
      control.call(z.unknown() as z.ZodType<T>, method, path, body);
    return { deployment, world: await createWorld(deployment.url, operator), close };
  } catch (error) {
    await close();
    throw error;
  }
}
