import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Control, createControl } from '../../cli/control.ts';
import { runDirectoryOf } from '../../contract/run-directory.ts';
import { type ComposeOptions, composeDeployment, type RunningDeployment } from '../../server/compose.ts';
import { readSettings } from '../../server/config/index.ts';
import { createMemoryEngine } from '../../server/inference/testing.ts';
import { ADMINISTRATOR } from './deployment.ts';

export type Composed = {
  readonly deployment: RunningDeployment;
  readonly url: string;
  /** The operator's, over the control socket. */
  readonly control: Control;
  close(): Promise<void>;
};

/** The whole server, real but for the model, in this process. Its engine runs `memory/chat` and `memory/text`. */
export async function startComposed(options: ComposeOptions = {}): Promise<Composed> {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-composed-'));
  const data = join(folder, 'data');
  process.env.XDG_CONFIG_HOME = join(folder, 'configuration');
  const remove = () => {
    for (const path of [folder, runDirectoryOf(data)]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  };
  const settings = readSettings(
    {
      CLOISTER_DATA: data,
      CLOISTER_PORT: '0',
      CLOISTER_ADMIN_EMAIL: ADMINISTRATOR.email,
      CLOISTER_ADMIN_PASSWORD: ADMINISTRATOR.password,
    },
    [],
  );
  const engine = createMemoryEngine({ concurrency: 8 });
  const deployment = await composeDeployment(settings, { engine, ...options }).catch((error: unknown) => {
    remove();
    throw error;
  });
  return {
    deployment,
    url: deployment.url,
    control: createControl(data),
    async close() {
      await deployment.close();
      remove();
    },
  };
}
