/** The same operations with the services' checks switched off: the policies of the database are the only wall, and nothing crosses it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, must } from '../support/callers.ts';
import { type ActorKind, actorKinds, expectedOutcome } from './access/actors.ts';
import { call, nameOf, thingsFor, variantsOf } from './access/calls.ts';
import { type MatrixServer, startMatrixServer } from './access/matrix-server.ts';
import { operations } from './access/operations.ts';
import { SECRETS } from './access/world.ts';

let server: MatrixServer;

beforeAll(async () => {
  server = await startMatrixServer({ authorize: async () => {} });
});
afterAll(() => server?.close());

/** Everything of the project and of the account that their own people see. */
async function stateOfA(): Promise<string> {
  const { world } = server;
  const [admin, owner] = [callerOf('an Admin'), callerOf('the account’s owner outside the project')];
  const read = (caller: Caller, path: string) => must(world.url, caller, 'GET', `/api/v1${path}`);
  const project = `/projects/${world.projectId}`;
  const parts = await Promise.all([
    read(admin, project),
    read(admin, `${project}/collaborators`),
    read(admin, `${project}/bucket/grants`),
    read(admin, `${project}/bucket/objects`),
    read(admin, `${project}/prompt-templates`),
    read(admin, `${project}/prompt-templates/${world.things.templateId}`),
    read(owner, '/account'),
    read(owner, '/people'),
    read(owner, '/invitations'),
    read(owner, '/service-ids'),
    read(owner, `/service-ids/${world.things.serviceId}/api-keys`),
  ]);
  return JSON.stringify(parts, (key, value: unknown) => (key === 'lastUsedAt' ? undefined : value), 1);
}

function callerOf(name: string): Caller {
  const actor = actorKinds.find((candidate) => candidate.name === name);
  if (actor === undefined) throw new Error(`nobody is ${name}`);
  return server.world.caller(actor);
}

/** What must be in no answer to somebody. */
function secretsFrom({ account, access, accountRole }: ActorKind): readonly string[] {
  if (account === 'B') return Object.values(SECRETS);
  const isAdministrator = accountRole === 'owner' || accountRole === 'administrator';
  const ofProject =
    access?.role === undefined && access?.bucket === undefined ? [SECRETS.projectName, SECRETS.templateName] : [];
  const ofContent =
    access?.role === 'editor' || access?.role === 'admin' || access?.bucket !== undefined ? [] : [SECRETS.content];
  return [...ofContent, ...ofProject, ...(isAdministrator ? [] : [SECRETS.invitation])];
}

/** Who has a credential that is valid and is not limited: what limits keys is no business of the database. */
const people = actorKinds.filter(({ credential, scope }) => credential !== undefined && scope === undefined);

describe('with the services’ checks switched off', () => {
  it('nothing of a project or an account is told or changed by whoever has no part in it', async () => {
    const wrong: string[] = [];
    let before = await stateOfA();
    let cells = 0;
    for (const [route, operation] of Object.entries(operations)) {
      // What people do with their own is nobody else's.
      if ('own' in operation.needs && operation.needs.isAdmins !== true) continue;
      for (const actor of people) {
        for (const variant of variantsOf(operation)) {
          if (expectedOutcome(actor, operation, variant.unknown) === 'allowed') continue;
          const { world } = server;
          const reply = await call(world, route, world.caller(actor), thingsFor(world, world.things, variant));
          cells += 1;
          const told = secretsFrom(actor).filter((secret) => reply.text.includes(secret));
          if (told.length > 0) wrong.push(`${nameOf(route, actor, variant)}: ${reply.status} tells ${told.join(', ')}`);
        }
      }
      const after = await stateOfA();
      if (after !== before) {
        wrong.push(`${route} changed something:\n${differenceOf(before, after)}`);
        before = after;
      }
    }
    console.log(`${cells} cells, of ${people.length} people with a valid credential`);
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(800);
  }, 900_000);
});

function differenceOf(before: string, after: string): string {
  const [one, other] = [before.split('\n'), after.split('\n')];
  const isIn = (lines: readonly string[]) => (line: string) => lines.includes(line);
  return [
    ...one.filter((line) => !isIn(other)(line)).map((line) => `- ${line}`),
    ...other.filter((line) => !isIn(one)(line)).map((line) => `+ ${line}`),
  ].join('\n');
}
