import { setTimeout as wait } from 'node:timers/promises';
import {
  createdApiKey,
  type Deployment,
  deployment,
  modelList,
  project,
  promptTemplate,
} from '../../contract/app/index.ts';
import type { Control } from '../control.ts';
import { exchange, type Peer } from '../http.ts';
import { createLedger, textOf } from './canary.ts';
import { createInterruptible, type UndoStep } from './interruptible.ts';
import { plantLeak } from './plant.ts';
import { type AccessCheck, conclude, type Evidence } from './report.ts';
import { searchDeployment } from './search-deployment.ts';
import { createSender } from './send.ts';

/** Write-behind of logs and of PostgreSQL's WAL writer has come to disk by then, unasked. */
const QUIET_MS = 4000;
const FEWEST_CANARIES = 200;

export type VerifyOptions = {
  readonly killEngine: boolean;
  /** The address to send to; undefined is the server's own. */
  readonly url: string | undefined;
  readonly progress: (line: string) => void;
};

/** The whole run. What it makes (projects, key, templates, planted files) is removed again, whatever happens, also after Ctrl+C. */
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
  const peer: Peer = { url: url ?? running.url, checkCertificate: false };
  const ledger = createLedger();
  const incomplete: string[] = [];

  const sender = await createSender({ peer, projectId: own, key: key.key, modelId }, ledger);
  if (modelId === undefined)
    incomplete.push('no model is installed, so nothing was answered: run `cloister models pull <id>`');
  progress('Sending what is refused …');
  await sender.refusals();
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
  const saved = await saveTemplates(control, peer, { own, other, modelId: modelId ?? 'none/none' }, ledger);
  for (const { step, status } of sender.sent.filter(({ expected }) => !expected))
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

  const foundPlants = new Set(search.findings.filter(({ canary }) => canary === planted).map(({ path }) => path));
  for (const [path, encoding] of plant.expected) {
    if (!foundPlants.has(path)) incomplete.push(`the search missed the planted ${encoding}`);
  }
  for (const name of search.unreadable) incomplete.push(`could not be read: ${name}`);
  const leaks = search.findings.filter(({ canary }) => canary.kind !== 'planted' && canary.kind !== 'metadata');
  const evidence: Evidence = {
    canaries: ledger.canaries,
    sent: sender.sent,
    search,
    leaks,
    ...saved,
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

type TemplateTarget = { readonly own: string; readonly other: string; readonly modelId: string };

async function saveTemplates(
  control: Control,
  peer: Peer,
  target: TemplateTarget,
  ledger: ReturnType<typeof createLedger>,
) {
  const folder = `/projects/${target.own}/prompt-templates`;
  const make = async (fate: string) => {
    const canary = ledger.add(`saved template, ${fate}`);
    const name = ledger.add(`name of a saved template, ${fate}`, 'metadata').words.join(' ');
    const content = { mode: 'freeform', modelId: target.modelId, parameters: parameters, text: textOf(canary) };
    const { id } = await control.call(promptTemplate, 'POST', folder, { name, content });
    const opened = await control.call(promptTemplate, 'GET', `${folder}/${id}`);
    return { id, same: opened.content.mode === 'freeform' && opened.content.text === textOf(canary) };
  };
  const kept = await make('kept during the search');
  const deleted = await make('deleted before the search');
  await control.run('DELETE', `${folder}/${deleted.id}`);
  const status = async (projectId: string, id: string, headers: Record<string, string> = {}, over: Peer = peer) =>
    (await exchange(over, { method: 'GET', path: `/api/v1/projects/${projectId}/prompt-templates/${id}`, headers }))
      .status;
  const gone = await control.run('GET', `${folder}/${deleted.id}`).then(
    () => false,
    (error) => error.problem?.status === 404,
  );
  const elsewhere = await control.run('GET', `/projects/${target.other}/prompt-templates/${kept.id}`).then(
    () => false,
    (error) => error.problem?.status === 404,
  );
  const templates: AccessCheck[] = [
    { check: 'a saved template opens as it was saved', ok: kept.same && deleted.same },
    { check: 'a deleted one is gone (404)', ok: gone },
  ];
  const access: AccessCheck[] = [
    { check: 'without a credential refused (401)', ok: (await status(target.own, kept.id)) === 401 },
    {
      check: 'with a wrong key refused (401)',
      ok: (await status(target.own, kept.id, { authorization: `Bearer cl_${'x'.repeat(43)}` })) === 401,
    },
    { check: 'through another project not found (404)', ok: elsewhere },
  ];
  return { templates, access };
}

const parameters = {
  decodingMethod: 'greedy',
  maxNewTokens: 20,
  minNewTokens: 0,
  temperature: 0.7,
  topK: 50,
  topP: 1,
  repetitionPenalty: 1,
  stopSequences: [],
};

function isPrivateTransit(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
