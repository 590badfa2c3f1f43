/** A whole server whose engine is the fake, for `http-latency.ts`: prints its address and a key, and then what the engine alone takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeDeployment } from '../server/compose.ts';
import { readSettings } from '../server/config/index.ts';
import { createMemoryEngine } from '../server/inference/testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'cloister-bench-'));
process.env.XDG_CONFIG_HOME = join(folder, 'configuration');
const deployment = await composeDeployment(
  readSettings(
    {
      CLOISTER_DATA: join(folder, 'data'),
      CLOISTER_PORT: '0',
      CLOISTER_ADMIN_EMAIL: 'bench@example.org',
      CLOISTER_ADMIN_PASSWORD: 'a password for a benchmark',
    },
    [],
  ),
  { engine: createMemoryEngine({ concurrency: 64 }) },
);
process.send?.({ url: deployment.url, dataDirectory: join(folder, 'data') });
process.on('disconnect', async () => {
  await deployment.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
