import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.ts';
import { type Deployment, startDeployment } from './deployment.ts';

export type Replicas = {
  readonly one: Deployment;
  readonly other: Deployment;
  /** The database of both, to look behind the policies. */
  readonly database: TestDatabase;
  /** Where the buckets are. */
  readonly bucketFolder: string;
  /** What `CLOISTER_KMS` is. */
  readonly kmsUrl: string;
  close(): Promise<void>;
};

/**
 * Two servers of one deployment: each a process of its own, over one PostgreSQL, one root key and one bucket.
 * @param options.settings beside those
 */
export async function startReplicas(
  options: { readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<Replicas> {
  const database = await createTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'cloister-replicas-'));
  const { host = '', user = '', password, database: name = '' } = database.connection;
  const [bucketFolder, kmsUrl] = [join(folder, 'bucket'), `local:${join(folder, 'root.key')}`];
  const settings = {
    ...options.settings,
    DATABASE_URL: `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`,
    CLOISTER_KMS: kmsUrl,
    CLOISTER_BUCKET: `file:${bucketFolder}`,
  };
  const close = async (servers: readonly Deployment[]) => {
    for (const server of servers) await server.remove();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const servers: Deployment[] = [];
  try {
    // One after the other: the first makes the root key.
    const one = await startDeployment({ settings });
    servers.push(one);
    const other = await startDeployment({ settings });
    servers.push(other);
    return { one, other, database, bucketFolder, kmsUrl, close: () => close(servers) };
  } catch (error) {
    await close(servers);
    throw error;
  }
}
