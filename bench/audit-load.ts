/**
 * What one account's audit log costs another account: how long account B's `GET /projects` takes, one after the other, alone and while a key of
 * account A sends calls that are refused, each of which is recorded, 300 at once.
 *
 *     npx node bench/audit-load.ts [requests of B, 300 unless told]
 */
import { Agent, request } from 'node:http';
import { actorKinds } from '../test/privacy/access/actors.ts';
import { startMatrixServer } from '../test/privacy/access/matrix-server.ts';
import { quantile } from './support.ts';

const REQUESTS = Number(process.argv[2] ?? 300);
const WARM_UP = 50;
const AT_ONCE = 300;

const server = await startMatrixServer();
const { world } = server;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
const agentOfB = new Agent({ keepAlive: true, maxSockets: 1 });

try {
  await timesOfB(WARM_UP);
  const alone = await timesOfB(REQUESTS);
  let isOver = false;
  const answers = new Map<number, number>();
  const refused = Array.from({ length: AT_ONCE }, async () => {
    while (!isOver) {
      const status = await get('/api/v1/people', headersOf('a service ID that is Editor'), agent);
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
  });
  const beganMs = performance.now();
  const besides = await timesOfB(REQUESTS);
  const tookMs = performance.now() - beganMs;
  isOver = true;
  await Promise.all(refused);
  console.log(`answers to A: ${[...answers].map(([status, count]) => `${count} × ${status}`).join(', ')}`);
  console.log(
    `A got ${(([...answers.values()].reduce((sum, count) => sum + count, 0) / tookMs) * 1000).toFixed(0)} a second`,
  );
  for (const share of [0.5, 0.99]) {
    const [before, during] = [quantile(alone, share), quantile(besides, share)];
    console.log(
      `GET /projects of B, p${share * 100}: alone ${before.toFixed(1)} ms, besides ${during.toFixed(1)} ms, ratio ${(during / before).toFixed(1)}`,
    );
  }
} finally {
  agent.destroy();
  agentOfB.destroy();
  await server.close();
}

async function timesOfB(count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const startMs = performance.now();
    const status = await get('/api/v1/projects', headersOf('another account’s owner'), agentOfB);
    if (status !== 200) throw new Error(`account B got ${status}`);
    times.push(performance.now() - startMs);
  }
  return times;
}

function headersOf(name: string): Readonly<Record<string, string>> {
  const actor = actorKinds.find((candidate) => candidate.name === name);
  if (actor === undefined) throw new Error(`nobody is ${name}`);
  return world.caller(actor).headers;
}

/** @returns the status */
function get(path: string, headers: Readonly<Record<string, string>>, by: Agent): Promise<number> {
  return new Promise((done, fail) => {
    const sent = request(`${world.url}${path}`, { agent: by, headers }, (response) => {
      response.resume();
      response.once('error', fail);
      response.once('end', () => done(response.statusCode ?? 0));
    });
    sent.once('error', fail);
    sent.end();
  });
}
