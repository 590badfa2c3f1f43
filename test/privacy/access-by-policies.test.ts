/** The same operations with the services' checks switched off: the policies of the database are the only wall, and nothing crosses it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, must, send } from '../support/callers.ts';
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
    read(admin, `${project}/key`),
    read(owner, '/account'),
    // Whoever may make projects makes project keys with them.
    read(owner, '/account/key').then(({ projectKeys: _, ...key }) => key),
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

  it('nobody gives themselves a role, and nobody but owners decides about owners', async () => {
    const before = await stateOfA();
    const { url, things } = server.world;
    const idOf = async (caller: Caller) =>
      (await must<{ user: { id: string } }>(url, caller, 'GET', '/api/v1/session')).user.id;
    const ownerId = await idOf(callerOf('the account’s owner outside the project'));
    const statuses: Record<string, number> = {};
    for (const name of [
      'a member outside the project',
      'a Viewer',
      'a billing viewer',
      'an administrator outside the project',
    ]) {
      const caller = callerOf(name);
      const selfId = await idOf(caller);
      const attempts: Attempt[] = [
        ['PATCH', `/people/${selfId}`, { role: 'owner' }],
        ['PATCH', `/people/${ownerId}`, { role: 'member' }],
        ['PATCH', `/people/${ownerId}`, { isSuspended: true }],
        ['DELETE', `/people/${ownerId}`],
        ['DELETE', `/people/${ownerId}/sessions`],
        ['POST', `/people/${ownerId}/password-reset`],
        ['POST', `/people/${ownerId}/second-factor-reset`],
        ['POST', '/invitations', { email: 'one-more@example.org', role: 'owner' }],
      ];
      // The rest is what administrators may do.
      if (!name.startsWith('an administrator'))
        attempts.push(
          ['PATCH', `/people/${selfId}`, { role: 'administrator' }],
          ['PATCH', `/people/${selfId}`, { role: 'governance-administrator' }],
          ['PATCH', `/people/${things.personId}`, { role: 'administrator' }],
          ['POST', '/invitations', { email: 'one-more@example.org', role: 'member' }],
        );
      for (const [method, path, body] of attempts) {
        const { status } = await send(url, caller, method, `/api/v1${path}`, body);
        statuses[`${name}: ${method} ${path} ${JSON.stringify(body ?? {})}`] = status;
      }
    }
    expect(Object.entries(statuses).filter(([, status]) => status < 400 || status >= 500)).toEqual([]);
    expect(differenceOf(before, await stateOfA())).toBe('');
  }, 120_000);
});

type Attempt = readonly [method: string, path: string, body?: object];

function differenceOf(before: string, after: string): string {
  const [one, other] = [before.split('\n'), after.split('\n')];
  const isIn = (lines: readonly string[]) => (line: string) => lines.includes(line);
  return [
    ...one.filter((line) => !isIn(other)(line)).map((line) => `- ${line}`),
    ...other.filter((line) => !isIn(one)(line)).map((line) => `+ ${line}`),
  ].join('\n');
}
