/** A deployment whose wrapping keys are in a hardware module: SoftHSM 2, a real PKCS#11 library. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftHsmToken, type SoftHsmToken } from '../../server/keys/testing.ts';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

const TEXT = 'Words that only the token opens';

describe('a deployment with its keys in a token', () => {
  let token: SoftHsmToken;
  let settings: Record<string, string>;
  let deployment: Deployment;
  let opensSavedPrompt: () => Promise<boolean>;
  beforeAll(async () => {
    token = createSoftHsmToken();
    settings = { ...token.environment, CLOISTER_KMS: token.url('cloister') };
    deployment = await startDeployment({ settings });
    const apiKey = await createApiKey(deployment);
    const project = await appClient(deployment.url, apiKey).createProject('Contracts');
    const { id } = await appClient(deployment.url, apiKey).saveTemplate(project.id, 'Saved', TEXT);
    opensSavedPrompt = async () => {
      const { content } = await appClient(deployment.url, apiKey).openTemplate(project.id, id);
      return content.mode === 'freeform' && content.text === TEXT;
    };
  });
  afterAll(async () => {
    await deployment?.remove();
    if (deployment !== undefined) rmSync(deployment.folder, { recursive: true, force: true });
    token?.remove();
  });

  it('has made its key there at the first start, makes others when it is told to, and has no root key file', async () => {
    expect(await opensSavedPrompt()).toBe(true);
    const made = await deployment.cloister('keys', 'create-in-token', 'research/1');
    expect(made).toMatchObject({
      code: 0,
      stdout: 'The key "research/1" is in the token, in version 1.\n',
      stderr: '',
    });
    const again = await deployment.cloister('keys', 'create-in-token', 'research/1');
    expect(again).toMatchObject({ code: 1, stderr: `The token "${token.label}" has a key "research/1".\n` });
    const recovery = ['--recipient', 'age1x', '--output', '/nowhere/x'];
    expect((await deployment.cloister('keys', 'export-recovery', ...recovery)).stderr).toContain('no root key file');
  });

  it('does not start without the token or with a wrong PIN, and opens what was saved with both', async () => {
    await deployment.stop();
    token.unplug();
    const { folder } = deployment;
    await expect(startDeployment({ folder, settings })).rejects.toThrow(
      /The token "Cloister test" cannot be reached.*Connect the hardware module/,
    );
    token.plugIn();
    token.writePin('0000');
    await expect(startDeployment({ folder, settings })).rejects.toThrow(
      /refuses the PIN in ".*pin" \(CKR_PIN_INCORRECT\)/,
    );
    token.writePin('4711-0815');
    deployment = await startDeployment({ folder, settings });
    expect(await opensSavedPrompt()).toBe(true);
  });
});
