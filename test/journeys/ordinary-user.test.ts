import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { testModelPath } from '../../server/inference/testing.ts';
import { createApiKey, startDeployment } from '../support/deployment.ts';

/** The process is `nobody` inside a user namespace: no right of root's, and PostgreSQL is started as by anybody. */
const AS_ORDINARY_USER = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];

it('an ordinary user runs the server: database, engine behind its walls, and an answer', async () => {
  let deployment = await startDeployment({ modelFile: await testModelPath(), through: AS_ORDINARY_USER });
  try {
    expect(readFileSync(`/proc/${deployment.processId}/status`, 'utf8')).toMatch(/^CapEff:\s+0+$/m);
    const key = await createApiKey(deployment);
    const response = await fetch(`${deployment.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'huggingfacetb/smollm2-135m-instruct',
        max_tokens: 8,
        messages: [{ role: 'user', content: 'Say hello.' }],
      }),
    });
    expect(response.status).toBe(200);
    // With a project there is a bucket's folder, which the walls must cope with too.
    expect((await deployment.cloister('project', 'create', 'Contracts')).code).toBe(0);
    await deployment.stop();
    deployment = await deployment.restart();
    const doctor = await deployment.cloister('doctor', '--json');
    expect(JSON.parse(doctor.stdout).checks).toContainEqual(
      expect.objectContaining({ check: 'engine walls', verdict: 'ok' }),
    );
  } finally {
    await deployment.remove();
  }
});
