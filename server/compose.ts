/** The composition root: joins the rooms from the first to the last. The only place that does. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { runDirectoryOf } from '../contract/run-directory.ts';
import { createApi } from './api/index.ts';
import { createAssets } from './assets/index.ts';
import { createLogDestination, type DataDirectory, openDataDirectory, redactedSettings, type Settings } from './config/index.ts';
import { createPinoLogger, type Logger, loggableError, systemClock } from './core/index.ts';
import { createDatabase } from './database/index.ts';
import { createEgress } from './egress/index.ts';
import { createIdentity } from './identity/index.ts';
import { createInference, createLlamaCppEngine, createModels, type Engine, modelSourceHosts } from './inference/index.ts';
import { createKeys } from './keys/index.ts';
import { createPromptTemplates } from './lab/index.ts';
import { createProjects } from './projects/index.ts';
import { createStorage } from './storage/index.ts';

/** How often objects that no row names any more are looked for and removed. */
const SWEEP_INTERVAL_MS = 60 * 60 * 1000;

export type RunningDeployment = {
  readonly url: string;
  /** The one-time link that creates the administrator; undefined once there is one. */
  setUpLink(): Promise<string | undefined>;
  /** Fetches the default model if no model is there. Never throws: the state of the model tells what went wrong. */
  fetchDefaultModel(): Promise<void>;
  close(): Promise<void>;
};

export type ComposeOptions = {
  /** Lines for the terminal during long steps. */
  readonly say: (line: string) => void;
  /** Takes the place of llama.cpp, in tests and benchmarks. */
  readonly engine?: Engine;
};

/**
 * Opens every room and listens. Whatever was opened before a room that fails is closed again.
 * @throws AppError that says in one sentence why the server cannot start.
 */
export async function composeDeployment(settings: Settings, options: ComposeOptions): Promise<RunningDeployment> {
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await open(settings, options, closers, closeAll);
  } catch (error) {
    await closeAll().catch(() => {});
    throw error;
  }
}
