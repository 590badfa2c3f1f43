import { setTimeout as wait } from 'node:timers/promises';
import { createdApiKey, type Deployment, deployment, modelList, project } from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { createLedger } from './canary.ts';
import { createInterruptible, type UndoStep } from './interruptible.ts';
import { tryOwnKey } from './own-key.ts';
import type { PeerOfPages } from './page.ts';
import { plantLeak } from './plant.ts';
import { refusedInputs } from './refused-inputs.ts';
import { conclude, type Evidence } from './report.ts';
import { saveFiles } from './saved-files.ts';
import { isLeak, searchDeployment } from './search-deployment.ts';
import { createSender } from './send.ts';
import { saveTemplates } from './templates.ts';
import { tryAnotherAccount } from './try-another-account.ts';

/** Write-behind of logs and of PostgreSQL's WAL writer has come to disk by then, unasked. */
const QUIET_MS = 4000;
const FEWEST_CANARIES = 200;

export type VerifyOptions = {
  readonly killEngine: boolean;
  /** The address to send to; undefined is the server's own. */
  readonly url: string | undefined;
  readonly progress: (line: string) => void;
};

/** The whole run. What it makes (projects, key, templates, files, planted files) is removed again, whatever happens, also after Ctrl+C. */
export async function runVerify(control: Control, options: VerifyOptions) {
  const interruptible = createInterruptible(control, options.progress);
  try {
    return await verify(interruptible.control, options, interruptible.undo);
  } finally {
    await interruptible.cleanUp();
  }
}

async function verify(control: Control, { killEngine, url, progress }: VerifyOptions, undo: UndoStep[]) {
  const look = () => control.call(deployment, 'GET', '/deployment');
  const running = await look();
  const { items } = await control.call(modelList, 'GET', '/models');
  const installed = items.filter(({ installation }) => installation.state === 'available');
  const modelId = (installed.find(({ isDefault }) => isDefault) ?? installed[0])?.modelId;
  const own = await makeProject(control, 'cloister verify', undo);
  const other = await makeProject(control, 'cloister verify, another project', undo);
  const key = await control.call(createdApiKey, 'POST', '/api-keys', { name: 'cloister verify' });
  undo.push((direct) => direct.run('DELETE', `/api-keys/${key.id}`));
  const peer: PeerOfPages = { url: url ?? running.url, checkCertificate: false };
  const ledger = createLedger();
  const incomplete: string[] = [];

  const sender = await createSender({ peer, projectId: own, key: key.key, modelId }, ledger);
  if (modelId === undefined)
    incomplete.push('no model is installed, so nothing was answered: run `cloister models pull <id>`');
  progress('Sending what is refused …');
  await sender.refusals();
  await sender.refuse(refusedInputs({ peer, projectId: own, key: key.key }));
  if (modelId !== undefined) {
    progress('Sending what is answered …');
    await sender.answers(6);
    progress('Going away in mid-answer …');
    await sender.givenUp(4);
    if (killEngine) {
      progress('Killing the engine in mid-answer …');
      const processes = (await look()).processes.filter(({ kind }) => kind === 'engine');
      if (processes.length === 0) incomplete.push('the server names no engine process, so none was killed');
      else await sender.brokenOff(await engineKiller(look));
    }
  }
  progress('Saving, opening and deleting a template …');
  const target = { own, other, key: key.key, modelId: modelId ?? 'none/none' };
  const saved = await saveTemplates(control, peer, target, ledger);
  progress('Rotating, disabling and destroying a key …');
  const ownKey = await tryOwnKey({ control, deployment: running, ledger, undo }, target.modelId);
  const unless = (what: string) => (error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    incomplete.push(`${what}: ${error.message}`);
    return undefined;
  };
  const world = { control, peer, deployment: running, ledger, undo };
  progress('Uploading, exporting and importing files …');
  const files = await saveFiles(world, key.key).catch(unless('files could not be saved'));
  progress('Trying another account …');
  const another = await tryAnotherAccount(world, { ...target, keyId: key.id, ...saved }).catch(
    unless('another account could not be tried'),
  );
  const sent = [...sender.sent, ...(another?.sent ?? [])];
  for (const { step, status } of sent.filter(({ expected }) => !expected))
    incomplete.push(`${step}: went another way than expected (status ${status})`);
  if (ledger.canaries.length < FEWEST_CANARIES)
    incomplete.push(`only ${ledger.canaries.length} canaries were sent, fewer than ${FEWEST_CANARIES}`);

  await wait(QUIET_MS);
  const planted = ledger.add('planted by this command', 'planted');
  const plant = plantLeak(running.dataDirectory, planted);
  undo.push(plant.remove);
  progress('Searching …');
  const now = await look();
  const search = searchDeployment(now, ledger.canaries);
  plant.remove();
  const deletedFiles = await files?.deleteProject().catch(unless('files could not be deleted'));

  const foundPlants = new Set(search.findings.filter(({ canary }) => canary === planted).map(({ path }) => path));
  for (const [path, encoding] of plant.expected) {
    if (!foundPlants.has(path)) incomplete.push(`the search missed the planted ${encoding}`);
  }
  for (const name of search.unreadable) incomplete.push(`could not be read: ${name}`);
  const leaks = search.findings.filter(isLeak);
  const evidence: Evidence = {
    canaries: ledger.canaries,
    sent,
    search,
    leaks,
    templates: saved.templates,
    files: [...(files?.checks ?? []), ...(deletedFiles ?? [])],
    ownKey,
    access: [...saved.access, ...(another?.roles ?? [])],
    otherAccounts: another?.checks ?? [],
    transitOk: isPrivateTransit(url ?? running.url),
    url: url ?? running.url,
    searchable: now.searchable,
    incomplete,
  };
  return { ...conclude(evidence), leaks, evidence, plants: { found: foundPlants.size, of: plant.expected.size } };
}

async function makeProject(control: Control, name: string, undo: UndoStep[]): Promise<string> {
  const { id } = await control.call(project, 'POST', '/projects', { name });
  undo.push((direct) => direct.run('DELETE', `/projects/${id}`));
  return id;
}

/** `kill -9` of the engine that answers, as the operator of the machine could do. */
async function engineKiller(look: () => Promise<Deployment>): Promise<() => boolean> {
  let known = (await look()).processes;
  const timer = setInterval(() => {
    look().then(
      ({ processes }) => {
        known = processes;
      },
      () => {},
    );
  }, 1000);
  timer.unref();
  return () => {
    let killed = false;
    for (const { kind, processId } of known) {
      if (kind !== 'engine') continue;
      try {
        process.kill(processId, 'SIGKILL');
        killed = true;
      } catch {
        // Ended by itself, or of another user: the step then reports that nothing was killed.
      }
    }
    return killed;
  };
}

function isPrivateTransit(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
