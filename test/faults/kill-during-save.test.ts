import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppClient, appClient } from '../support/client.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';

const ROUNDS = 20;
const WRITERS = 4;

let deployment: Deployment;
let key: string;

beforeAll(async () => {
  deployment = await startDeployment();
  key = (await deployment.cloister('api-key', 'create', '--name', 'saver')).stdout.trim().split('\n').at(-1) ?? '';
});
afterAll(() => deployment?.remove());

it(`keeps every acknowledged template, and lists none that does not open, over ${ROUNDS} rounds of kill -9 during saves`, async () => {
  const project = await appClient(deployment.url, key).createProject('Saves');
  /** What the server has acknowledged: template id → its text; several texts where a replacement was under way when it died. */
  const acknowledged = new Map<string, Set<string>>();
  let interrupted = 0;

  for (let round = 0; round < ROUNDS; round += 1) {
    const client = appClient(deployment.url, key);
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      saveUntilKilled(client, project.id, `round ${round} writer ${writer}`, acknowledged),
    );
    // In every other round in the first save; in the others after one that was acknowledged, up to many saves later. Another instant in each.
    if (round % 2 === 1) await firstAcknowledged(acknowledged);
    await wait(15 + ((round * 137) % 400));
    await deployment.kill();
    interrupted += (await Promise.all(writers)).filter(Boolean).length;
    deployment = await deployment.restart();

    const afterwards = appClient(deployment.url, key);
    const listed = await afterwards.listTemplates(project.id);
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of acknowledged.keys())
      expect(ids.has(id), `acknowledged template of round ${round} is listed`).toBe(true);
    // What this round wrote, acknowledged or not, opens whole; older ones were opened in their rounds.
    for (const { id, name } of listed.filter((item) => item.name.startsWith(`round ${round} `))) {
      const { content } = await afterwards.openTemplate(project.id, id);
      const text = content.mode === 'freeform' ? content.text : '';
      const allowed = acknowledged.get(id) ?? new Set([textOf(name, 0)]);
      expect(allowed.has(text), `${name} opens with a text that was sent`).toBe(true);
      acknowledged.set(id, new Set([text]));
    }
  }

  expect(acknowledged.size).toBeGreaterThan(ROUNDS);
  expect(interrupted, 'kills that hit a save under way').toBeGreaterThan(ROUNDS / 4);

  const client = appClient(deployment.url, key);
  for (const [id, texts] of acknowledged) {
    const { content } = await client.openTemplate(project.id, id);
    expect(texts.has(content.mode === 'freeform' ? content.text : '')).toBe(true);
  }
}, 600_000);

async function firstAcknowledged(acknowledged: ReadonlyMap<string, unknown>): Promise<void> {
  const before = acknowledged.size;
  for (let attempt = 0; attempt < 1000 && acknowledged.size === before; attempt += 1) await wait(10);
}

/** Saves and replaces templates one after another until the server is gone; true if one was under way then. */
async function saveUntilKilled(
  client: AppClient,
  projectId: string,
  name: string,
  acknowledged: Map<string, Set<string>>,
): Promise<boolean> {
  for (let number = 0; ; number += 1) {
    try {
      const unique = `${name} template ${number}`;
      const { id } = await client.saveTemplate(projectId, unique, textOf(unique, 0));
      const texts = new Set([textOf(unique, 0)]);
      acknowledged.set(id, texts);
      texts.add(textOf(unique, 1));
      await client.replaceTemplate(projectId, id, textOf(unique, 1));
      texts.delete(textOf(unique, 0));
    } catch (error) {
      // The server hung up on a request that it had begun to read, as against refusing to be reached any more.
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET';
    }
  }
}

/** 200 KB, several frames of the sealed format, so that a half-written object would show. */
function textOf(name: string, version: number): string {
  return `${name}, version ${version}. `.repeat(Math.ceil(200_000 / (name.length + 14)));
}
