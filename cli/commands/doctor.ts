import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Deployment, deployment, modelList } from '../../contract/app/index.ts';
import { EXIT } from '../command-error.ts';
import { bytesInWords, table } from '../output.ts';
import type { CommandContext } from './context.ts';

type Check = { readonly check: string; readonly verdict: 'ok' | 'warning' | 'fault'; readonly detail: string };

const LEAST_FREE_BYTES = 1_000_000_000;

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('show the effective settings and check the machine; exit code 1 on a fault')
    .action(async () => {
      const control = context.control();
      const running = await control.call(deployment, 'GET', '/deployment');
      const { items } = await control.call(modelList, 'GET', '/models');
      const checks = [
        checkMode(running.dataDirectory),
        checkDisk(running.dataDirectory),
        checkSwap(readOr('/proc/swaps')),
        checkCore(running),
        {
          check: 'model',
          ...(items.some(({ installation }) => installation.state === 'available')
            ? ({ verdict: 'ok', detail: 'a model is installed' } as const)
            : ({ verdict: 'warning', detail: 'no model is installed: run `cloister models pull <id>`' } as const)),
        },
        checkWeb(),
        checkEngineWalls(running),
        checkStorages(running),
        ...running.keyProviders.map(checkKeyProvider),
      ];
      const text = [
        `Cloister ${running.version}, Node.js ${process.version}, ${process.platform} ${process.arch}, at ${running.url}`,
        '',
        table(Object.entries(running.settings)),
        '',
        table(checks.map(({ check, verdict, detail }) => [verdict, check, detail])),
      ].join('\n');
      context.output().result({ version: running.version, settings: running.settings, checks }, text);
      if (checks.some(({ verdict }) => verdict === 'fault')) process.exitCode = EXIT.failed;
    });
}

/** Where root has no user namespaces, PostgreSQL's account has to cross the folder: then `x` for others is no fault. */
export function checkMode(path: string): Check {
  const { mode: found, uid } = statSync(path);
  const mode = (found & 0o777).toString(8).padStart(4, '0');
  const check = 'data directory';
  if (mode === '0700') return { check, verdict: 'ok', detail: 'only its owner can open it (0700)' };
  const ownerOfRows = statSync(join(path, 'postgres'), { throwIfNoEntry: false })?.uid ?? uid;
  if (mode === '0711' && uid === 0 && ownerOfRows !== uid) {
    const detail = "only root can list it; PostgreSQL's account may cross it (0711)";
    return { check, verdict: 'ok', detail };
  }
  return { check, verdict: 'fault', detail: `its mode is ${mode}: run \`chmod 700 ${path}\`` };
}

function checkDisk(path: string): Check {
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const ok = free >= LEAST_FREE_BYTES;
  return { check: 'disk', verdict: ok ? 'ok' : 'warning', detail: `${bytesInWords(free)} free` };
}

/** Zram stays in memory; a device-mapper volume is most often encrypted, which this command cannot know for sure. */
export function checkSwap(swaps: string): Check {
  const devices = swaps
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '')
    .filter((device) => device !== '');
  const plain = devices.filter((device) => !/^\/dev\/(zram|dm-)/.test(device));
  if (plain.length === 0)
    return { check: 'swap', verdict: 'ok', detail: devices.length === 0 ? 'none' : 'zram or mapped' };
  return {
    check: 'swap',
    verdict: 'warning',
    detail: `${plain.join(', ')} may hold prompts in clear: encrypt it or switch it off (\`swapoff -a\`)`,
  };
}

/** A core dump would hold prompts, wherever the kernel's pattern puts it. */
function checkCore(running: Deployment): Check {
  const limits = readOr(`/proc/${running.processId}/limits`);
  const soft = /^Max core file size\s+(\S+)/m.exec(limits)?.[1];
  const pattern = readOr('/proc/sys/kernel/core_pattern').trim();
  if (soft === '0') return { check: 'core dumps', verdict: 'ok', detail: 'off for the server' };
  return {
    check: 'core dumps',
    verdict: soft === undefined ? 'warning' : 'fault',
    detail: `${soft === undefined ? "the server's limit cannot be read" : 'on for the server'}; the kernel writes them to "${pattern}"`,
  };
}

/** Where the kernel refuses user namespaces or util-linux is missing, only Node.js's permission model holds the engine. */
function checkEngineWalls({ engineWalls }: Deployment): Check {
  if (engineWalls === undefined)
    return { check: 'engine walls', verdict: 'ok', detail: 'the server runs no engine of its own' };
  const weak = Object.entries({
    'no network': engineWalls.network === 'kernel',
    'no writing to disk': engineWalls.diskWrites === 'kernel',
    'no core dumps': engineWalls.coreDumps === 'off',
    "none of the deployment's files and sockets": engineWalls.deploymentFiles === 'hidden',
  }).flatMap(([wall, isOfKernel]) => (isOfKernel ? [] : [wall]));
  if (weak.length === 0) {
    return {
      check: 'engine walls',
      verdict: 'ok',
      detail: 'no network, no writing, no core dumps, no sight of data and sockets, by the kernel',
    };
  }
  return {
    check: 'engine walls',
    verdict: 'warning',
    detail: `not by the kernel, only as far as Node.js sees to it: ${weak.join(', ')}. Install util-linux, and let this user make user namespaces`,
  };
}

/** Projects share an access key where the storage makes no users: then only the server itself keeps their buckets apart. */
export function checkStorages({ storages }: Pick<Deployment, 'storages'>): Check {
  const check = 'storage';
  const shared = storages.filter(({ credentials }) => credentials === 'of-instance').length;
  if (shared > 0) {
    const whose = storages.length === 1 ? 'the storage' : `${shared} of ${storages.length} storages`;
    return {
      check,
      verdict: 'warning',
      detail: `one access key opens all buckets of ${whose} (credentials=none): a user for each bucket needs credentials=iam`,
    };
  }
  const hasUsers = storages.some(({ credentials }) => credentials === 'of-bucket');
  return { check, verdict: 'ok', detail: hasUsers ? 'each bucket has a user of its own' : 'folders of this machine' };
}

/** A provider that does not answer shuts only what its keys wrapped; without the first one, nothing of the deployment opens for long. */
export function checkKeyProvider(provider: Deployment['keyProviders'][number], index: number): Check {
  const { id, displayName, kind, state, problem } = provider;
  const check = `key provider ${id}`;
  if (state === 'enabled' || state === 'not asked') return { check, verdict: 'ok', detail: `${displayName} (${kind})` };
  const detail = `${displayName} (${kind}): its key is ${state}${problem === undefined ? '' : `. ${problem}`}`;
  return { check, verdict: index === 0 ? 'fault' : 'warning', detail };
}

function checkWeb(): Check {
  const built = existsSync(resolve(import.meta.dirname, '../../dist/web/index.html'));
  return {
    check: 'web build',
    verdict: built ? 'ok' : 'warning',
    detail: built ? 'present' : 'missing: run `npm run build:web`',
  };
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
