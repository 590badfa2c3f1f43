/**
 * Whether time tells a foreign thing from one that does not exist: calls with ids of another account's (or another project's) things and
 * with ids that never existed, in turns. 0.50 in the last column means that the two can't be told apart: it is the share of pairs in which
 * the foreign one took longer (Mann and Whitney's U, divided by the number of pairs).
 *
 *     npx node bench/foreign-timing.ts [calls of each kind, 500 unless told]
 */
import { actorKinds } from '../test/privacy/access/actors.ts';
import { call } from '../test/privacy/access/calls.ts';
import { startMatrixServer } from '../test/privacy/access/matrix-server.ts';
import { operations, type Things } from '../test/privacy/access/operations.ts';
import { median } from './support.ts';

const CALLS = Number(process.argv[2] ?? 500);
const WARM_UP = 50;
const ACTORS = ['another account’s owner', 'a member outside the project'];
const ROUTES = [
  'GET /api/v1/projects/:projectId',
  'GET /api/v1/projects/:projectId/prompt-templates/:templateId',
  'DELETE /api/v1/projects/:projectId',
  'GET /api/v1/projects/:projectId/bucket/objects/:objectId',
  'POST /api/v1/projects/:projectId/generate',
  'POST /ml/v1/text/generation',
  'PATCH /api/v1/people/:personId',
  'DELETE /api/v1/service-ids/:serviceId',
  'DELETE /api/v1/api-keys/:apiKeyId',
];

const server = await startMatrixServer();
const { world } = server;

async function timed(route: string, name: string, things: Things): Promise<number> {
  const actor = actorKinds.find((candidate) => candidate.name === name);
  if (actor === undefined || operations[route] === undefined) throw new Error(`there is no ${route} or no ${name}`);
  const startMs = performance.now();
  const { status } = await call(world, route, world.caller(actor), things);
  const tookMs = performance.now() - startMs;
  if (status !== 404 && status !== 403) throw new Error(`${route} by ${name}: ${status}`);
  return tookMs;
}

try {
  console.log(`operation | by | foreign, ms | unknown, ms | ratio | foreign longer`);
  for (const route of ROUTES) {
    for (const name of ACTORS) {
      const foreign: number[] = [];
      const unknown: number[] = [];
      for (let number = 0; number < WARM_UP + CALLS; number += 1) {
        // The order changes, so that neither kind always comes after the other.
        const isForeignFirst = number % 2 === 0;
        const first = await timed(route, name, isForeignFirst ? world.things : world.unknownThings());
        const second = await timed(route, name, isForeignFirst ? world.unknownThings() : world.things);
        if (number < WARM_UP) continue;
        foreign.push(isForeignFirst ? first : second);
        unknown.push(isForeignFirst ? second : first);
      }
      const [one, other] = [median(foreign), median(unknown)];
      console.log(
        `${route} | ${name} | ${one.toFixed(3)} | ${other.toFixed(3)} | ${(one / other).toFixed(3)} | ${shareLonger(foreign, unknown).toFixed(3)}`,
      );
    }
  }
} finally {
  await server.close();
}

function shareLonger(some: readonly number[], others: readonly number[]): number {
  let longer = 0;
  for (const one of some) for (const other of others) longer += one > other ? 1 : one === other ? 0.5 : 0;
  return longer / (some.length * others.length);
}
