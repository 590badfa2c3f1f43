/** Who may do what: every operation of every surface, called as everybody, against the tables of `server/identity/access/permissions.ts`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/callers.ts';
import { type ActorKind, actorKinds, expectedOutcome, type Outcome } from './access/actors.ts';
import { call, nameOf, shapeOf, thingsFor, type Variant, variantsOf } from './access/calls.ts';
import { type MatrixServer, startMatrixServer } from './access/matrix-server.ts';
import { type Operation, operations } from './access/operations.ts';

let server: MatrixServer;

beforeAll(async () => {
  server = await startMatrixServer();
});
afterAll(() => server?.close());

/** The routes of the server, but for those that Fastify makes of another one (HEAD) and the web pages. */
function routesOfServer(): string[] {
  const { routes: all } = server.deployment;
  const isMade = (path: string) => all.some((other) => other.method === 'GET' && other.path === path);
  const routes = all.filter(
    ({ method, path }) => !(method === 'HEAD' && isMade(path)) && !/^\/(assets\/)?\*$/.test(path),
  );
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))].sort();
}

function outcomeOf({ status }: Reply, { allowedStatuses }: Operation): Outcome | `status ${number}` {
  if (allowedStatuses === undefined ? status >= 200 && status < 300 : allowedStatuses.includes(status))
    return 'allowed';
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'denied';
  if (status === 404) return 'not-found';
  return `status ${status}`;
}

/** Whether an answer is what was expected; an operation whose allowed call is refused for another reason answers alike to both. */
function agrees(reply: Reply, expected: Outcome, operation: Operation): boolean {
  const STATUS = { unauthenticated: 401, denied: 403, 'not-found': 404 } as const;
  return expected === 'allowed' ? outcomeOf(reply, operation) === 'allowed' : reply.status === STATUS[expected];
}

/** What is taken away is in a project of its own, which is another one than that of a key for one project. */
function expectedCell(actor: ActorKind, operation: Operation, { unknown }: Variant): Outcome {
  const expected = expectedOutcome(actor, operation, unknown);
  const isInFresh = operation.consumes === true && 'project' in operation.needs && expected === 'allowed';
  return isInFresh && actor.scope === 'this-project' ? 'not-found' : expected;
}

async function callAs(route: string, operation: Operation, actor: ActorKind, variant: Variant): Promise<Reply> {
  const { world } = server;
  const isTaken = operation.consumes === true && expectedOutcome(actor, operation, variant.unknown) === 'allowed';
  const things = isTaken ? await world.freshThings() : world.things;
  const reply = await call(world, route, world.caller(actor), thingsFor(world, things, variant));
  if (operation.endsSessions === true) await world.renew(actor);
  return reply;
}

describe('who may do what', () => {
  it('is said for every operation that there is, and for no other', () => {
    expect(Object.keys(operations).sort()).toEqual(routesOfServer());
  });

  it('holds for everybody, and a foreign thing is answered like one that never existed', async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const [route, operation] of Object.entries(operations)) {
      for (const actor of actorKinds) {
        const shapes = new Map<string, string>();
        for (const variant of variantsOf(operation)) {
          const expected = expectedCell(actor, operation, variant);
          const reply = await callAs(route, operation, actor, variant);
          cells += 1;
          if (!agrees(reply, expected, operation)) {
            wrong.push(
              `${nameOf(route, actor, variant)}: ${reply.status} instead of ${expected}: ${reply.text.slice(0, 120)}`,
            );
          }
          shapes.set(variant.thing ?? 'real', shapeOf(reply));
        }
        const real = shapes.get('real');
        const isForeign = expectedOutcome(actor, operation, undefined) === 'not-found';
        for (const [thing, shape] of isForeign ? shapes : []) {
          if (shape !== real)
            wrong.push(`${route} by ${actor.name} tells a foreign thing from no ${thing}:\n${real}\n${shape}`);
        }
      }
    }
    console.log(`${cells} cells: ${Object.keys(operations).length} operations, ${actorKinds.length} actors`);
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(3000);
  }, 900_000);
});
