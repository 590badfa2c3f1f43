/** Files of the run's own, in a project of their own: uploaded, looked for, exported and imported, and gone with the project. */
import { Writable } from 'node:stream';
import {
  assetList,
  type Deployment,
  deletion,
  type ImportEvent,
  importEvent,
  project,
} from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { exchange } from '../http.ts';
import { type Canary, type Ledger, textOf } from './canary.ts';
import type { UndoStep } from './interruptible.ts';
import { ask, must, type PeerOfPages } from './page.ts';
import type { AccessCheck } from './report.ts';
import { sealedFiles } from './sealed-files.ts';
import { createUploads } from './uploads.ts';

/** More than the pieces in which bodies come, so that none of them holds all of it. */
const FILE_BYTES = 1024 * 1024;

export type SavedFilesWorld = {
  readonly control: Control;
  readonly peer: PeerOfPages;
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly undo: UndoStep[];
};

export type SavedFiles = {
  readonly checks: readonly AccessCheck[];
  /** For after the search, which has to see them. */
  deleteProject(): Promise<readonly AccessCheck[]>;
};

/**
 * @param key an API key of whoever the control acts as
 * @throws CommandError that says which step did not work
 */
export async function saveFiles(
  { control, peer, deployment, ledger, undo }: SavedFilesWorld,
  key: string,
): Promise<SavedFiles> {
  const ofProject = ledger.add('name and description of the project of saved files', 'metadata');
  const { id: projectId } = await control.call(project, 'POST', '/projects', {
    name: `cloister verify, ${ofProject.words[0]}`,
    description: textOf(ofProject),
  });
  undo.push((direct) => direct.run('DELETE', `/projects/${projectId}`));
  const inProject = `/projects/${projectId}`;
  const headers = { authorization: `Bearer ${key}` };
  const uploads = createUploads(peer, projectId, key);
  const begin = (fate: string, lengthBytes: number) => uploads.begin(metadataOf(ledger, fate).sent, lengthBytes);
  const sealedCount = () => sealedFiles(deployment, projectId).paths.length;
  const open = (id: string) => ask(peer, { method: 'GET', path: `${inProject}/assets/${id}/content`, headers });
  const find = async (body: { readonly q?: string; readonly tag?: string }) => {
    const { items } = await must(assetList, peer, {
      method: 'POST',
      path: `${inProject}/assets/search`,
      headers,
      body,
    });
    return items.map(({ id }) => id);
  };

  const content = fileOf(ledger.add('saved file, uploaded'));
  const { canaries, sent } = metadataOf(ledger, 'uploaded');
  const id = await uploads.begin(sent, content.length);
  const half = Math.floor(content.length / 2);
  await uploads.append(id, 0, content.subarray(0, half));
  await uploads.append(id, half, content.subarray(half));
  const opens = async (assetId: string) => {
    const { status, text } = await open(assetId);
    return status === 200 && text === content.toString();
  };
  const opensFirst = await opens(id);

  const unfinished = fileOf(ledger.add('saved file, its upload unfinished'));
  const unfinishedId = await begin('its upload unfinished', 2 * unfinished.length);
  await uploads.append(unfinishedId, 0, unfinished);

  const cancelled = fileOf(ledger.add('saved file, its upload cancelled'));
  const cancelledId = await begin('its upload cancelled', 2 * cancelled.length);
  const sealedBefore = sealedCount();
  await uploads.append(cancelledId, 0, cancelled);
  const sealedMeanwhile = sealedCount();
  const whileUnderWay = await uploads.statusOf(cancelledId);
  await uploads.cancel(cancelledId);
  const isCancelled = whileUnderWay === 200 && (await uploads.statusOf(cancelledId)) === 404;
  const areItsBytesGone = sealedMeanwhile > sealedBefore && sealedCount() === sealedBefore;

  const broken = fileOf(ledger.add('saved file, its upload broken off'));
  const brokenId = await begin('its upload broken off', 2 * broken.length);
  await uploads.breakOff(brokenId, broken, 2 * broken.length);

  const found = [
    await find({ q: canaries.name.words[0] }),
    await find({ q: canaries.description.words[1] }),
    await find({ tag: canaries.tags.words[0] }),
  ];
  const foundNowhere = await find({ q: ledger.add('words looked for among saved files').words.join(' ') });

  const archive = await exportProject(peer, inProject, headers);
  const archiveId = await begin('an exported archive', archive.length);
  await uploads.append(archiveId, 0, archive);
  const imported = await importArchive(peer, inProject, headers, archiveId);
  const copies = (await find({ q: canaries.name.words[0] })).filter((assetId) => assetId !== id);
  const [copyId = ''] = copies;
  const isImported = imported?.type === 'done' && copies.length === 1 && (await opens(copyId));
  const isArchiveGone = (await open(archiveId)).status === 404;

  return {
    checks: [
      { check: 'an uploaded file opens as it was saved', ok: opensFirst },
      {
        check: 'a search finds it by its name, its description and a tag, and nothing by other words',
        ok: found.every((ids) => ids.join() === id) && foundNowhere.length === 0,
      },
      { check: 'a cancelled upload is gone (404)', ok: isCancelled },
      ...(deployment.searchable.storage ? [{ check: 'and its sealed bytes', ok: areItsBytesGone }] : []),
      { check: 'what was exported and imported opens as it was saved', ok: isImported },
      { check: 'the imported archive is gone (404)', ok: isArchiveGone },
    ],
    async deleteProject() {
      const sealedAtFirst = sealedCount();
      await must(deletion, peer, { method: 'DELETE', path: inProject, headers });
      const statuses = [
        (await open(id)).status,
        (await open(copyId)).status,
        await uploads.statusOf(unfinishedId),
        await uploads.statusOf(brokenId),
      ];
      const ok = statuses.every((status) => status === 404);
      const gone = {
        check: 'with the project its files and unfinished uploads are gone (404)',
        ok,
        ...(ok ? {} : { found: `statuses ${statuses.join(', ')}` }),
      };
      if (!deployment.searchable.storage) return [gone];
      return [gone, { check: 'and all sealed bytes of it', ok: sealedAtFirst > 0 && sealedCount() === 0 }];
    },
  };
}

/** What an upload says of itself, each part with a canary of its own. Metadata: the database has it in clear. */
function metadataOf(ledger: Ledger, fate: string) {
  const add = (what: string) => ledger.add(`${what} of a saved file, ${fate}`, 'metadata');
  const canaries = { name: add('name'), description: add('description'), tags: add('tags') };
  const { name, description, tags } = canaries;
  return { canaries, sent: { name: name.words.join(' '), description: textOf(description), tags: [...tags.words] } };
}

function fileOf(canary: Canary): Buffer {
  const line = `${textOf(canary)}\n`;
  return Buffer.from(line.repeat(Math.ceil(FILE_BYTES / line.length)));
}

type Headers = Readonly<Record<string, string>>;

async function exportProject(peer: PeerOfPages, inProject: string, headers: Headers): Promise<Buffer> {
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(part: Buffer, _, done) {
      parts.push(part);
      done();
    },
  });
  const answer = await exchange(peer, { method: 'GET', path: `/api/v1${inProject}/export`, headers, sink });
  if (answer.status !== 200 || !answer.complete)
    throw new CommandError(`exporting a project was answered with status ${answer.status}`);
  return Buffer.concat(parts);
}

/** @returns the last thing that was told */
async function importArchive(
  peer: PeerOfPages,
  inProject: string,
  headers: Headers,
  assetId: string,
): Promise<ImportEvent | undefined> {
  const body = { assetId, deleteArchive: true };
  const { text } = await ask(peer, { method: 'POST', path: `${inProject}/import`, headers, body });
  const events = [...text.matchAll(/^data: (.+)\n\n/gm)].map(([, event = '']) => importEvent.parse(JSON.parse(event)));
  return events.at(-1);
}
