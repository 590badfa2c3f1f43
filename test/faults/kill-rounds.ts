import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createApiKey, type Deployment, startDeployment } from '../support/deployment.ts';

type Work = 'puts and deletes' | 'rotations' | 'shreds';

export type KillRoundsReport = {
  readonly rounds: number;
  /** Requests that a kill hit while the server worked on them, by the kind of work that they were part of. */
  readonly interrupted: Readonly<Record<Work, number>>;
  readonly acknowledged: {
    readonly puts: number;
    readonly deletes: number;
    readonly rotations: number;
    readonly shreds: number;
  };
  /** Whatever is not as it must be, in words. Empty when all is well. */
  readonly faults: readonly string[];
};

/** What must be true of an object: its content is one of these, where `absent` is a content too. */
type Allowed = Set<string>;

const ABSENT = 'absent';
const OBJECT_BYTES = 200_000;
/** An object that is older than the sweep's least age; files are made to look so before the last start. */
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

/**
 * Kills the real server (and with it its PostgreSQL) with SIGKILL in the middle of puts, replacements, deletions, key rotations and
 * crypto-shredding, starts it again, and compares what there is with what was acknowledged. At the end the sweep must leave no orphan.
 */
export async function killRounds(rounds: number, tell: (line: string) => void = () => {}): Promise<KillRoundsReport> {
  let deployment = await startDeployment();
  try {
    const run = new KillRounds(await createApiKey(deployment));
    await run.begin(deployment);
    for (let round = 0; round < rounds; round += 1) {
      const work = run.workUntilKilled(deployment, round);
      await run.firstAcknowledged(round);
      await wait(10 + ((round * 137) % 400));
      await deployment.kill();
      await work;
      deployment = await deployment.restart();
      await run.checkRound(deployment, round);
      if (round % 50 === 49) tell(`${round + 1} rounds, ${run.faults.length} faults`);
    }
    await run.checkEverything(deployment);
    await deployment.stop();
    makeOld(join(deployment.dataDirectory, 'buckets'));
    deployment = await deployment.restart();
    await run.checkOrphans(deployment);
    return run.report(rounds);
  } finally {
    await deployment.remove();
  }
}

class KillRounds {
  readonly faults: string[] = [];
  readonly #key: string;
  readonly #objects = new Map<string, Allowed>();
  /** Touched in the round that is under way. */
  #touched = new Set<string>();
  /** Projects whose key was destroyed (acknowledged), with an object of each. */
  readonly #shredded = new Map<string, string>();
  readonly #counts = { puts: 0, deletes: 0, rotations: 0, shreds: 0 };
  readonly #interrupted: Record<Work, number> = { 'puts and deletes': 0, rotations: 0, shreds: 0 };
  #projectId = '';

  constructor(key: string) {
    this.#key = key;
  }

  async begin({ url }: Deployment): Promise<void> {
    this.#projectId = await this.#newProject(url, 'Rounds');
  }

  report(rounds: number): KillRoundsReport {
    return { rounds, interrupted: { ...this.#interrupted }, acknowledged: { ...this.#counts }, faults: this.faults };
  }

  /** Every kind of work at once, each until the server is gone. */
  async workUntilKilled({ url }: Deployment, round: number): Promise<void> {
    this.#touched = new Set();
    await Promise.all([
      this.#repeat('puts and deletes', () => this.#putReplaceDelete(url)),
      this.#repeat('puts and deletes', () => this.#putReplaceDelete(url)),
      this.#repeat('rotations', () => this.#rotate(url)),
      this.#repeat('shreds', () => this.#shred(url, `Shredded in round ${round}`)),
    ]);
  }

  /** In one round of four the kill may hit the first of the work; in the others it waits for one more of some kind, however slow the machine is. */
  async firstAcknowledged(round: number): Promise<void> {
    const kind = ([undefined, 'deletes', 'rotations', 'shreds'] as const)[round % 4];
    if (kind === undefined) return;
    const before = this.#counts[kind];
    for (let attempt = 0; attempt < 2000 && this.#counts[kind] === before; attempt += 1) await wait(5);
  }

  async checkRound({ url }: Deployment, round: number): Promise<void> {
    for (const id of this.#touched) await this.#checkObject(url, id, `round ${round}`);
    for (const [projectId, objectId] of [...this.#shredded].slice(-3))
      await this.#checkShredded(url, projectId, objectId);
  }

  async checkEverything({ url }: Deployment): Promise<void> {
    for (const id of this.#objects.keys()) await this.#checkObject(url, id, 'the end');
    for (const [projectId, objectId] of this.#shredded) await this.#checkShredded(url, projectId, objectId);
  }

  /** The sweep runs at the start: afterwards the bucket's folder has as many files as there are objects, since each has one segment. */
  async checkOrphans(deployment: Deployment): Promise<void> {
    const buckets = join(deployment.dataDirectory, 'buckets');
    const expected = await this.#countObjects(deployment.url);
    let found = filesBelow(buckets);
    for (let attempt = 0; attempt < 300 && found !== expected; attempt += 1) {
      await wait(100);
      found = filesBelow(buckets);
    }
    if (found !== expected) this.faults.push(`after the sweep there are ${found} files for ${expected} objects`);
  }

  async #repeat(kind: Work, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string };
        if (code === undefined) throw error;
        // It hung up on a request that it had begun to read, as against refusing to be reached any more.
        if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') this.#interrupted[kind] += 1;
        return;
      }
    }
  }

  async #putReplaceDelete(url: string): Promise<void> {
    const id = randomUUID();
    for (let version = 0; version < 2; version += 1) {
      const bytes = randomBytes(OBJECT_BYTES);
      const allowed = this.#objects.get(id) ?? new Set([ABSENT]);
      allowed.add(digestOf(bytes));
      this.#objects.set(id, allowed);
      this.#touched.add(id);
      await this.#put(url, this.#projectId, id, bytes);
      this.#objects.set(id, new Set([digestOf(bytes)]));
      this.#counts.puts += 1;
    }
    if (Math.random() < 0.5) return;
    this.#objects.get(id)?.add(ABSENT);
    await this.#call(url, 'DELETE', `/projects/${this.#projectId}/bucket/objects/${id}`);
    this.#objects.set(id, new Set([ABSENT]));
    this.#counts.deletes += 1;
  }

  async #rotate(url: string): Promise<void> {
    await this.#call(url, 'POST', `/projects/${this.#projectId}/key/rotate`);
    this.#counts.rotations += 1;
  }

  async #shred(url: string, name: string): Promise<void> {
    const projectId = await this.#newProject(url, name);
    const objectId = randomUUID();
    await this.#put(url, projectId, objectId, randomBytes(OBJECT_BYTES));
    await this.#call(url, 'POST', `/projects/${projectId}/key/destroy`, { confirmation: name });
    this.#shredded.set(projectId, objectId);
    this.#counts.shreds += 1;
  }

  async #checkObject(url: string, id: string, when: string): Promise<void> {
    const allowed = this.#objects.get(id) ?? new Set();
    const found = await this.#contentOf(url, this.#projectId, id);
    if (!allowed.has(found))
      this.faults.push(`${when}: object ${id} is ${found}, allowed: ${[...allowed].join(' or ')}`);
    // What it is now it must stay.
    this.#objects.set(id, new Set([found]));
  }

  async #checkShredded(url: string, projectId: string, objectId: string): Promise<void> {
    const response = await this.#fetch(url, 'GET', `/projects/${projectId}/bucket/objects/${objectId}`);
    await response.arrayBuffer().catch(() => {});
    // Its row is gone with the key. Anything else, a failure of the server too, is not what was promised.
    if (response.status !== 404)
      this.faults.push(`an object of the shredded project ${projectId} is answered with ${response.status}`);
  }

  /** The digest of the content, `absent`, or what went wrong. */
  async #contentOf(url: string, projectId: string, id: string): Promise<string> {
    const response = await this.#fetch(url, 'GET', `/projects/${projectId}/bucket/objects/${id}`);
    if (response.status === 404) return ABSENT;
    if (!response.ok) return `refused (${response.status}: ${await response.text()})`;
    return response.arrayBuffer().then(
      (bytes) => digestOf(Buffer.from(bytes)),
      () => 'cut in the middle',
    );
  }

  async #countObjects(url: string): Promise<number> {
    const { items: projects } = await this.#json<{ items: { id: string }[] }>(url, 'GET', '/projects');
    let count = 0;
    for (const { id } of projects) {
      let cursor: string | undefined;
      do {
        const query = `limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`;
        const page = await this.#json<{ items: unknown[]; nextCursor?: string }>(
          url,
          'GET',
          `/projects/${id}/bucket/objects?${query}`,
        );
        count += page.items.length;
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    }
    return count;
  }

  async #newProject(url: string, name: string): Promise<string> {
    return (await this.#json<{ id: string }>(url, 'POST', '/projects', { name })).id;
  }

  async #put(url: string, projectId: string, objectId: string, bytes: Buffer): Promise<void> {
    await this.#call(url, 'PUT', `/projects/${projectId}/bucket/objects/${objectId}`, bytes);
  }

  async #call(url: string, method: string, path: string, body?: object | Buffer): Promise<string> {
    const response = await this.#fetch(url, method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  async #json<T>(url: string, method: string, path: string, body?: object): Promise<T> {
    return JSON.parse(await this.#call(url, method, path, body)) as T;
  }

  #fetch(url: string, method: string, path: string, body?: object | Buffer): Promise<Response> {
    const content = Buffer.isBuffer(body)
      ? { type: 'application/octet-stream', body: new Uint8Array(body) }
      : { type: 'application/json', body: body === undefined ? undefined : JSON.stringify(body) };
    return fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(content.body === undefined ? {} : { 'content-type': content.type }),
      },
      ...(content.body === undefined ? {} : { body: content.body }),
    });
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function filesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

function makeOld(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), LONG_AGO, LONG_AGO);
  }
}
