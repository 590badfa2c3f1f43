import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../../audit/testing.ts';
import { AppError, type Logger, newId, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import type { Member, Membership } from '../members/member-store.ts';
import { MemoryAccessStore, MemoryMemberStore } from '../memory-identity-stores.ts';
import { FederatedPeople } from './federated-people.ts';
import type { Claims } from './identity-provider-client.ts';
import { type IdentityProviderSettings, identityProvidersConfig } from './identity-provider-config.ts';
import { MemoryFederatedIdentityStore, MemoryProjectRoleGrants } from './memory-federated-identity-store.ts';

const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };
const clock = manualClock();

let members: MemoryMemberStore;
let grants: MemoryProjectRoleGrants;
let access: MemoryAccessStore;
let audit: RecordingAudit;
let people: FederatedPeople;
let owner: Member;

beforeEach(async () => {
  members = new MemoryMemberStore();
  access = new MemoryAccessStore(members);
  grants = new MemoryProjectRoleGrants(access);
  audit = createRecordingAudit();
  const identities = new MemoryFederatedIdentityStore(members);
  people = new FederatedPeople({ members, identities, grants, audit, clock, logger: silentLogger as Logger });
  const account = { id: newId(), name: 'Hospital', createdAt: clock.now() };
  owner = {
    id: newId(),
    accountId: account.id,
    kind: 'person',
    email: 'ada@example.org',
    name: 'Ada',
    description: '',
    role: 'owner',
    passwordHash: 'hash',
    passwordChangedAt: clock.now(),
    suspendedAt: null,
    createdAt: clock.now(),
  };
  await members.createFirstAccount(account, owner);
});

function settings(fields: object = {}): IdentityProviderSettings {
  const [provider] = identityProvidersConfig.parse([
    { id: 'hospital', name: 'Hospital ID', issuer: 'https://id.example', clientId: 'cloister', ...fields },
  ]);
  if (provider === undefined) throw new Error('there is no provider');
  return provider;
}

const claims = (fields: Partial<Claims> = {}): Claims => ({
  issuer: 'https://id.example',
  subject: 'bo',
  email: 'bo@example.org',
  isEmailVerified: true,
  name: 'Bo Berg',
  groups: [],
  ...fields,
});

const admit = (provider: IdentityProviderSettings, who: Claims) => people.admit(provider, owner.accountId, who, ORIGIN);

async function outcomeOf(admission: Promise<Membership>): Promise<string> {
  return admission.then(
    () => 'admitted',
    (error: unknown) => (error instanceof AppError ? (error.details.reason ?? error.code) : String(error)),
  );
}

async function memberOf(membership: Membership): Promise<Member | undefined> {
  return members.findMember(membership);
}

const actions = () => audit.events.map(({ action, outcome = 'success' }) => `${action} ${outcome}`);

describe('a person from an identity provider', () => {
  it('joins as a member where no roles are set, and stays what administrators make of them', async () => {
    const bo = await admit(settings(), claims());
    expect(await memberOf(bo)).toMatchObject({ name: 'Bo Berg', role: 'member', passwordHash: null, kind: 'person' });
    expect(actions()).toEqual(['person.join success']);
    await members.changeMember({ accountId: bo.accountId }, bo.userId, { role: 'administrator' });
    expect(await admit(settings(), claims())).toEqual(bo);
    expect((await memberOf(bo))?.role).toBe('administrator');
  });

  it('has the most that their groups give, anew at each sign-in', async () => {
    const provider = settings({
      roles: [
        { group: 'staff', role: 'member' },
        { group: 'it', role: 'administrator' },
        { group: 'board', role: 'owner' },
      ],
    });
    const bo = await admit(provider, claims({ groups: ['staff', 'it'] }));
    expect((await memberOf(bo))?.role).toBe('administrator');
    await admit(provider, claims({ groups: ['staff'] }));
    expect((await memberOf(bo))?.role).toBe('member');
    expect(audit.events.at(-1)).toMatchObject({
      action: 'person.change',
      details: { role: 'member', previousRole: 'administrator', method: 'identity-provider' },
      actor: { userId: '' },
    });
    await admit(provider, claims({ groups: ['board'] }));
    expect((await memberOf(bo))?.role).toBe('owner');
    expect(await outcomeOf(admit(provider, claims({ groups: [] })))).toBe('identity-provider-not-allowed');
    expect(actions().at(-1)).toBe('login-session.begin failure');
  });

  it('is nobody with a name that is only control characters, and none that is too long', async () => {
    const named = async (subject: string, name: string | undefined) => {
      const email = `${subject}@example.org`;
      return (await memberOf(await admit(settings(), claims({ subject, email, name }))))?.name;
    };
    expect(await named('one', '\u0000\u200e ')).toBe('one@example.org');
    expect(await named('two', undefined)).toBe('two@example.org');
    expect(await named('three', `${'a'.repeat(300)}`)).toHaveLength(120);
  });

  it('is somebody who is here already only by an address that the provider has verified', async () => {
    const asAda = (isEmailVerified: boolean | undefined) =>
      claims({ subject: 'x', email: 'ada@example.org', isEmailVerified });
    for (const isVerified of [false, undefined])
      expect(await outcomeOf(admit(settings(), asAda(isVerified)))).toBe('identity-provider-not-allowed');
    const trusting = settings({ trustEmail: true });
    expect(await outcomeOf(admit(trusting, asAda(false)))).toBe('identity-provider-not-allowed');
    expect(await admit(trusting, asAda(undefined))).toEqual({ accountId: owner.accountId, userId: owner.id });
    expect(await memberOf({ accountId: owner.accountId, userId: owner.id })).toEqual(owner);
  });

  it('is nobody who signs in at that provider already as somebody else, whose address they have been given', async () => {
    const ada = await admit(settings(), claims({ subject: 'ada', email: 'ada@example.org' }));
    expect(await outcomeOf(admit(settings(), claims({ subject: 'eve', email: 'ada@example.org' })))).toBe(
      'identity-provider-not-allowed',
    );
    expect(audit.events.at(-1)).toMatchObject({
      action: 'login-session.begin',
      outcome: 'failure',
      target: { type: 'person', id: ada.userId },
    });
    const other = { issuer: 'https://other.example', subject: 'ada', email: 'ada@example.org' };
    expect(await admit(settings({ issuer: other.issuer }), claims(other))).toEqual(ada);
    expect(await admit(settings(), claims({ subject: 'ada', email: 'ada@example.org' }))).toEqual(ada);
  });

  it('is not joined to somebody who is suspended', async () => {
    const bo: Member = { ...owner, id: newId(), email: 'bo@example.org', role: 'member', suspendedAt: clock.now() };
    await members.addMember({ accountId: owner.accountId }, bo);
    expect(await outcomeOf(admit(settings(), claims()))).toBe('identity-provider-not-allowed');
    expect(actions()).toEqual(['login-session.begin failure']);
    await members.changeMember({ accountId: owner.accountId }, bo.id, { suspendedAt: null });
    expect(await admit(settings(), claims({ subject: 'the new bo' }))).toMatchObject({ userId: bo.id });
  });

  it('is not made of an unverified address, so that nobody waits under the address of somebody who comes later', async () => {
    for (const isEmailVerified of [false, undefined])
      expect(await outcomeOf(admit(settings(), claims({ isEmailVerified })))).toBe('identity-provider-not-allowed');
    expect(await outcomeOf(admit(settings(), claims({ email: undefined })))).toBe('identity-provider-not-allowed');
    expect(await members.findPeopleByEmail('bo@example.org')).toEqual([]);
  });

  it('is made only where the settings say so, and from the domains that they name', async () => {
    expect(await outcomeOf(admit(settings({ createUsers: false }), claims()))).toBe('identity-provider-not-allowed');
    const limited = settings({ allowedEmailDomains: ['Example.org'] });
    expect(await outcomeOf(admit(limited, claims()))).toBe('admitted');
    for (const email of ['eve@evil.example', 'eve@sub.example.org', 'eve@example.org.evil.example']) {
      expect(await outcomeOf(admit(limited, claims({ subject: email, email }))), email).toBe(
        'identity-provider-not-allowed',
      );
    }
    expect(await outcomeOf(admit(settings({ allowedEmailDomains: ['other.example'] }), claims()))).toBe(
      'identity-provider-not-allowed',
    );
  });

  it('is one person, also when they come twice at the same moment', async () => {
    const both = await Promise.all([admit(settings(), claims()), admit(settings(), claims())]);
    expect(both[0]).toEqual(both[1]);
    expect(await members.findPeopleByEmail('bo@example.org')).toHaveLength(1);
  });

  it('is out while they are suspended', async () => {
    const bo = await admit(settings(), claims());
    await members.changeMember({ accountId: bo.accountId }, bo.userId, { suspendedAt: clock.now() });
    expect(await outcomeOf(admit(settings(), claims()))).toBe('identity-provider-not-allowed');
    expect(audit.events.at(-1)).toMatchObject({ outcome: 'failure', target: { type: 'person', id: bo.userId } });
  });
});

describe('roles in projects', () => {
  it('follow the groups, are recorded, and leave other projects alone', async () => {
    const [mapped, other] = [newId(), newId()];
    for (const projectId of [mapped, other])
      grants.addProject(projectId, { accountId: owner.accountId, userId: owner.id });
    const provider = settings({
      projectRoles: [
        { group: 'lawyers', projectId: mapped, role: 'editor' },
        { group: 'staff', projectId: mapped, role: 'viewer' },
        { group: 'staff', projectId: newId(), role: 'viewer' },
      ],
    });
    const bo = await admit(provider, claims({ groups: ['staff', 'lawyers'] }));
    expect(await access.findProjectAccess(bo, mapped)).toEqual({ role: 'editor' });
    await grants.setRole(bo, other, 'viewer');
    await admit(provider, claims({ groups: ['staff'] }));
    await admit(provider, claims({ groups: ['staff'] }));
    expect(await access.findProjectAccess(bo, mapped)).toEqual({ role: 'viewer' });
    await admit(provider, claims());
    expect(await access.findProjectAccess(bo, mapped)).toBeUndefined();
    expect(await access.findProjectAccess(bo, other)).toEqual({ role: 'viewer' });
    expect(audit.events.slice(1).map(({ action, details }) => [action, details?.previousRole, details?.role])).toEqual([
      ['collaborator.add', undefined, 'editor'],
      ['collaborator.change', 'editor', 'viewer'],
      ['collaborator.remove', 'viewer', undefined],
    ]);
  });

  it('never take the last owner or the last Admin away, and let them in', async () => {
    const projectId = newId();
    grants.addProject(projectId, { accountId: owner.accountId, userId: owner.id });
    const provider = settings({
      roles: [{ group: 'staff', role: 'member' }],
      projectRoles: [{ group: 'lawyers', projectId, role: 'editor' }],
    });
    const ada = await admit(provider, claims({ subject: 'ada', email: 'ada@example.org', groups: ['staff'] }));
    expect((await memberOf(ada))?.role).toBe('owner');
    expect(await access.findProjectAccess(ada, projectId)).toEqual({ role: 'admin' });
  });
});
