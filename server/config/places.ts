import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runDirectoryOf } from '../../contract/run-directory.ts';
import { keyFileOfKms } from '../keys/index.ts';
import { parseBucketUrl } from '../storage/index.ts';
import type { KnownDeployment } from './data-directory.ts';
import type { Settings } from './settings.ts';

/** Every place where a deployment keeps or writes something. Absolute paths. */
export type Places = {
  readonly data: string;
  readonly logs: string;
  readonly models: string;
  /** Unix sockets: of the control socket and of a PostgreSQL of our own. */
  readonly run: string;
  readonly temporary: string;
  /** The folder that sealed objects are in; undefined where another storage has them. */
  readonly bucket: string | undefined;
  /** Files that open something: root keys, and what the server signs in with to a KMS or a storage. */
  readonly keyFiles: readonly string[];
  /** All that no engine may see. The models are in the data directory: whoever hides it puts them back. */
  readonly hiddenFromEngines: readonly string[];
  /** For `createStorage`. */
  readonly bucketUrl: string;
  /** For `createKeys`. Its root key file is outside the data directory unless it is set otherwise. */
  readonly kmsUrl: string;
};

/** The settings' places, with the defaults that depend on the deployment filled in. */
export function placesOf(settings: Settings, { path: data, deploymentId }: KnownDeployment): Places {
  const configuration = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  const kmsUrl = settings.kmsUrl ?? `local:${join(configuration, 'cloister', `${deploymentId}.key`)}`;
  const bucketUrl = settings.bucketUrl ?? `file:${join(data, 'buckets')}`;
  const bucket = parseBucketUrl(bucketUrl);
  const buckets = [bucket, ...settings.storageInstances.map(({ url }) => parseBucketUrl(url))];
  const keyFiles = [
    ...[kmsUrl, ...settings.keyProviders.map(({ url }) => url)].map(keyFileOfKms),
    ...(settings.kmsPassphraseFile === undefined ? [] : [resolve(settings.kmsPassphraseFile)]),
    ...buckets.flatMap((one) => (one.type === 's3' ? [one.secretFile] : [])),
  ];
  const folders = buckets.flatMap((one) => (one.type === 'file' ? [one.folder] : []));
  const run = runDirectoryOf(data);
  return {
    data,
    logs: join(data, 'logs'),
    models: join(data, 'models'),
    run,
    temporary: tmpdir(),
    bucket: bucket.type === 'file' ? bucket.folder : undefined,
    bucketUrl,
    keyFiles,
    hiddenFromEngines: [data, ...folders, ...keyFiles, run],
    kmsUrl,
  };
}
