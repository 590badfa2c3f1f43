/** An operator puts the root key under a passphrase, keeps a recovery file, loses the key and gets it back. Real servers, age, and a terminal. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appClient } from '../support/client.ts';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';
import { atTerminal } from '../support/terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const TEXT = 'Words that only the root key opens';
const PASSPHRASE = 'correct horse battery staple';

describe('the root key', () => {
  let deployment: Deployment;
  let opensSavedPrompt: () => Promise<boolean>;
  let keyFolder: string;
  let elsewhere: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    keyFolder = join(deployment.folder, 'configuration/cloister');
    elsewhere = mkdtempSync(join(tmpdir(), 'cloister-elsewhere-'));
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
    rmSync(elsewhere, { recursive: true, force: true });
  });

  const identity = () => join(elsewhere, 'identity.txt');
  const recovery = () => join(elsewhere, 'recovery.age');

  /** The environment of the deployment's processes, for those that are started otherwise. */
  const environment = (more: Record<string, string> = {}) => ({
    PATH: process.env.PATH ?? '',
    HOME: deployment.folder,
    XDG_RUNTIME_DIR: join(deployment.folder, 'run'),
    XDG_CONFIG_HOME: join(deployment.folder, 'configuration'),
    CLOISTER_DATA: deployment.dataDirectory,
    CLOISTER_PORT: '0',
    CLOISTER_DEFAULT_MODEL: 'off',
    ...more,
  });
  const startRefused = () =>
    startDeployment({ folder: deployment.folder }).then(
      () => expect.fail('the server started'),
      (error: Error) => error.message,
    );

  it('leaves in a recovery file, while the server runs', async () => {
    spawnSync('age-keygen', ['-o', identity()]);
    const recipient = /public key: (age1\w+)/.exec(readFileSync(identity(), 'utf8'))?.[1] ?? '';
    const exportRecovery = () =>
      deployment.cloister('keys', 'export-recovery', '--recipient', recipient, '--output', recovery());
    expect(await exportRecovery()).toMatchObject({ code: 0, stdout: expect.stringContaining(recovery()), stderr: '' });
    const again = await exportRecovery();
    expect(again).toMatchObject({ code: 1, stderr: `The file "${recovery()}" cannot be written (EEXIST).\n` });
  });

  it('comes back from it after it was lost', async () => {
    await deployment.stop();
    for (const name of readdirSync(keyFolder)) rmSync(join(keyFolder, name));
    const refusal = await startRefused();
    expect(refusal).toContain('is missing, and this deployment has data that only that key opens');
    expect(refusal).toContain('cloister keys import-recovery');
    expect(readdirSync(keyFolder)).toEqual([]);

    const imported = await deployment.cloister('keys', 'import-recovery', recovery(), '--identity', identity());
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    const deploymentId = readFileSync(join(deployment.dataDirectory, 'deployment-id'), 'utf8').trim();
    expect(imported.stdout).toContain(`The root key of the deployment ${deploymentId}`);
    deployment = await deployment.restart();
    expect(await opensSavedPrompt()).toBe(true);
  });

  it('can be under a passphrase, which the server reads from a file', async () => {
    const passphrase = join(elsewhere, 'passphrase');
    writeFileSync(passphrase, `${PASSPHRASE}\n`);
    const set = await deployment.cloister('keys', 'set-passphrase', '--new-passphrase-file', passphrase, '--json');
    expect(JSON.parse(set.stdout)).toMatchObject({ isUnderPassphrase: true });
    // The one that runs has the key.
    expect(await opensSavedPrompt()).toBe(true);
    await deployment.stop();
    expect(await startRefused()).toContain('CLOISTER_KMS_PASSPHRASE_FILE');
    const settings = { CLOISTER_KMS_PASSPHRASE_FILE: passphrase };
    deployment = await startDeployment({ folder: deployment.folder, settings });
    expect(await opensSavedPrompt()).toBe(true);
    expect(deployment.output()).not.toContain(PASSPHRASE);
    await deployment.stop();
  });

  it('is asked for at a terminal, which does not show it', async () => {
    const server = [process.execPath, join(root, 'server/main.ts')];
    const question = 'Passphrase of the root key: ';
    const wrong = await atTerminal(server, environment(), [[question, 'wrong horse battery staple\r']]);
    expect(wrong).toMatchObject({ code: 1, shown: expect.stringContaining('The passphrase does not open') });
    expect(wrong.shown).not.toContain('wrong horse');
    const stopped = await atTerminal(server, environment(), [[question, '\u0003']]);
    expect(stopped).toMatchObject({ code: 1, shown: expect.stringContaining('No passphrase was given.') });
    const right = await atTerminal(server, environment(), [
      [question, `${PASSPHRASE}x\u007f\r`],
      ['Cloister is ready', '\u0003'],
    ]);
    expect(right).toMatchObject({ code: 0 });
    expect(right.shown).not.toContain('horse');
  });

  it('is put under another one at a terminal, and taken from under it', async () => {
    const set = [join(root, 'cli/cloister'), 'keys', 'set-passphrase'];
    const [current, next, again] = ['Passphrase of the root key: ', 'or more): ', 'The same again: '];
    const typo = await atTerminal(set, environment(), [
      [next, 'a new passphrase\r'],
      [again, 'a new passphrasf\r'],
    ]);
    expect(typo).toMatchObject({ code: 1, shown: expect.stringContaining('Nothing was changed') });
    const done = await atTerminal(set, environment(), [
      [next, 'a new passphrase\r'],
      [again, 'a new passphrase\r'],
      [current, `${PASSPHRASE}\r`],
    ]);
    expect(done).toMatchObject({ code: 0, shown: expect.stringContaining('is under the new passphrase') });
    expect(done.shown).not.toContain('a new passphrase');
    const removed = await atTerminal([...set, '--remove'], environment(), [[current, 'a new passphrase\r']]);
    expect(removed).toMatchObject({ code: 0, shown: expect.stringContaining('under no passphrase any more') });
    deployment = await startDeployment({ folder: deployment.folder });
    expect(await opensSavedPrompt()).toBe(true);
  });
});
