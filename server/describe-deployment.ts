import { fstatSync } from 'node:fs';
import type { Deployment } from '../contract/app/index.ts';
import { type Places, redactedSettings, type Settings } from './config/index.ts';
import { isAppError } from './core/index.ts';
import type { Database } from './database/index.ts';
import type { Engine, LlamaCppEngine } from './inference/index.ts';
import { describeKmsProviders, type KmsProviders } from './keys/index.ts';
import type { Storage } from './storage/index.ts';

const PLACES = ['data', 'logs', 'bucket', 'models', 'run', 'temporary'] as const;

/** What the command line asks of a running server: where it keeps things, and which processes it has. No content, no secret. */
export async function describeDeployment(parts: {
  readonly version: string;
  readonly url: string;
  readonly settings: Settings;
  readonly places: Places;
  readonly database: Database;
  readonly keyProviders: KmsProviders;
  readonly storage: Storage;
  readonly engine: Engine | LlamaCppEngine;
}): Promise<Deployment> {
  const { version, url, settings, places, database, keyProviders, storage, engine } = parts;
  const storages = [...storage.list()];
  return {
    version,
    url,
    processId: process.pid,
    dataDirectory: places.data,
    places: PLACES.flatMap((kind) => {
      const path = places[kind];
      return path === undefined ? [] : [{ kind, path }];
    }),
    keyProviders: await describeKmsProviders(keyProviders),
    storages,
    searchable: {
      database: settings.databaseUrl === undefined,
      logs: settings.log === 'file' || isStandardOutputAFile(),
      storage: storages.length === 1 && places.bucket !== undefined,
    },
    processes: [
      { kind: 'server', processId: process.pid },
      ...engine.processIds().map((processId) => ({ kind: 'engine' as const, processId })),
      ...database.processIds().map((processId) => ({ kind: 'database' as const, processId })),
    ],
    ...('walls' in engine ? { engineWalls: engine.walls } : {}),
    settings: redactedSettings(settings),
  };
}

/** A file as standard output is among the server's open files; a pipe or a terminal hands the log to somebody else. */
function isStandardOutputAFile(): boolean {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}

/** The names of what is missing to serve requests. */
export async function missingParts(database: Database): Promise<string[]> {
  try {
    await database.inDeployment(async () => {});
    return [];
  } catch (error) {
    if (isAppError(error)) return ['database'];
    throw error;
  }
}
