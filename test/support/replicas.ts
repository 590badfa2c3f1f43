import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '../../server/database/testing.ts';
import { type Deployment, startDeployment } from './deployment.ts';

export type Replicas = {
  readonly one: Deployment;
  readonly other: Deployment;
  close(): Promise<void>;
};

/** Two servers of one deployment: each a process of its own, over one PostgreSQL, one root key and one bucket. */
export async function startReplicas(): Promise<Replicas> {
  const database = await createTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'cloister-replicas-'));
  const { host = '', user = '', password, database: name = '' } = database.connection;
  const settings = {
    DATABASE_URL: `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(host)}`,
    CLOISTER_KMS: `local:${join(folder, 'root.key')}`,
    CLOISTER_BUCKET: `file:${join(folder, 'bucket')}`,
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
    return { one, other, close: () => close(servers) };
  } catch (error) {
    await close(servers);
    throw error;
  }
}
