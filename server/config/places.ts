import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runDirectoryOf } from '../../contract/run-directory.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Settings } from './settings.ts';

/** Every place where a deployment keeps or writes something. Absolute paths. */
export type Places = {
  readonly data: string;
  readonly logs: string;
  readonly models: string;
  /** Unix sockets: of the control socket and of a PostgreSQL of our own. */
  readonly run: string;
  readonly temporary: string;
  /** The folder that sealed objects are in. */
  readonly bucket: string;
  readonly keyFile: string;
  /** For `createStorage`: `file:<bucket>`. */
  readonly bucketUrl: string;
  /** For `createKeys`: `local:<root key file>`, outside the data directory unless it is set otherwise. */
  readonly kmsUrl: string;
};

/** The settings' places, with the defaults that depend on the deployment filled in. */
export function placesOf(settings: Settings, { path: data, deploymentId }: DataDirectory): Places {
  const configuration = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  const keyFile =
    settings.kmsUrl === undefined ? join(configuration, 'cloister', `${deploymentId}.key`) : pathOf(settings.kmsUrl);
  const bucket = settings.bucketUrl === undefined ? join(data, 'buckets') : pathOf(settings.bucketUrl);
  return {
    data,
    logs: join(data, 'logs'),
    models: join(data, 'models'),
    run: runDirectoryOf(data),
    temporary: tmpdir(),
    bucket,
    bucketUrl: `file:${bucket}`,
    keyFile,
    kmsUrl: `local:${keyFile}`,
  };
}

/** `file:`, `file://` and `local:` before a path. */
function pathOf(url: string): string {
  return resolve(url.replace(/^\w+:(\/\/(?=\/))?/, ''));
}
