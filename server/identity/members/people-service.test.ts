import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createAudit } from '../../audit/index.ts';
import { createTestSigner } from '../../audit/testing.ts';
import { silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createTestDatabase } from '../../database/testing.ts';
import { createIdentity } from '../create-identity.ts';
import { createMemoryIdentity, keepsNothing, openSecretWrapper } from '../testing.ts';
import { linkMakersConformance } from './link-makers.conformance.ts';
import { newPasswordConformance } from './new-password.conformance.ts';
import { peopleLinksConformance } from './people-links.conformance.ts';
import {
  ORIGIN,
  openHospital,
  type PeopleHarness,
  peopleServiceConformance,
  type SeenEvent,
  secret,
  tokenOf,
} from './people-service.conformance.ts';
import { profileServiceConformance } from './profile-service.conformance.ts';
import { SqlMemberStore } from './sql-member-store.ts';

const conformances = [
  peopleServiceConformance,
  peopleLinksConformance,
  linkMakersConformance,
  profileServiceConformance,
  newPasswordConformance,
];
for (const conformance of conformances) {
  conformance('memory', async () => openInMemory());
  conformance('PostgreSQL', openInPostgreSql);
}

it('gives an account in PostgreSQL one owner when the invitation of the first one is used while it is replaced', async () => {
  const { identity, people, ada, members, close } = await openHospital(openInPostgreSql);
  const request = { name: 'Laboratory', ownerEmail: 'lni@example.org' };
  const { account, invitation } = await identity.accounts.create(ada, request);
  const outcomes = await Promise.allSettled([
    people.acceptInvitation(tokenOf(invitation.link), { name: 'Lin', password: secret() }, ORIGIN),
    // So long takes the hash of the password, in which nothing is locked yet.
    setTimeout(60).then(() => identity.accounts.inviteOwner(ada, account.id, 'lin@example.org')),
  ]);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const house = { accountId: account.id };
  const [joined, waiting] = [await members.listMembers(house, 'person'), await members.listLinks(house, 'invitation')];
  expect(joined.length + waiting.length).toBe(1);
  await close();
});

function openInMemory(): PeopleHarness {
  const clock = manualClock();
  const { members, audit, ...identity } = createMemoryIdentity(clock);
  return {
    identity,
    members,
    clock,
    events: async (accountId) =>
      audit.events
        .filter(({ actor }) => actor.accountId === accountId)
        .map(({ action, outcome = 'success', actor, target, details = {} }) => ({
          action,
          outcome,
          userId: actor.userId,
          via: actor.via,
          targetId: target.id,
          details,
        })),
    close: async () => {},
  };
}

async function openInPostgreSql(): Promise<PeopleHarness> {
  const clock = manualClock();
  const database = await createTestDatabase();
  const log = createAudit({ database, signer: createTestSigner(), clock, logger: silentLogger });
  const siteUrl = () => 'https://cloister.example';
  const common = { secretWrapper: openSecretWrapper, audit: log.audit, clock, logger: silentLogger, siteUrl };
  return {
    identity: createIdentity({ ...common, accountData: keepsNothing, database }),
    members: new SqlMemberStore(database),
    clock,
    async events(accountId) {
      const rows = await database.ownerQuery<{ [Field in keyof SeenEvent]: string | null }>(
        `select action, outcome, actor_user_id as "userId", actor_via as via, target_id as "targetId", details
         from audit_events where account_id = $1 order by sequence`,
        [accountId],
      );
      return rows.map((row) => ({
        action: row.action ?? '',
        outcome: row.outcome ?? '',
        userId: row.userId ?? '',
        via: row.via ?? '',
        targetId: row.targetId ?? undefined,
        details: JSON.parse(row.details ?? '{}') as Record<string, unknown>,
      }));
    },
    async close() {
      await log.close();
      await database.close();
    },
  };
}
