import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../../audit/testing.ts';
import { type Actor, AppError, isAppError, newId } from '../../core/index.ts';
import { MemoryMemberStore } from '../memory-identity-stores.ts';
import type { AccountDataOwner } from './account-data-owner.ts';
import { createAccountsService } from './accounts-service.ts';
import type { Member, MemberStore } from './member-store.ts';
import type { PeopleLinks } from './people-links.ts';

const NOW = new Date('2026-05-01T12:00:00Z');

describe('removing an account', () => {
  let members: MemberStore;
  let audit: RecordingAudit;
  let happened: string[];
  let operator: Actor;
  let operating: string;
  let laboratory: string;

  beforeEach(async () => {
    members = new MemoryMemberStore();
    audit = createRecordingAudit();
    happened = [];
    [operating, laboratory] = [newId(), newId()];
    const ada = owner(operating);
    await members.createFirstAccount({ id: operating, name: 'Hospital', createdAt: NOW }, ada);
    await members.addAccount({ id: laboratory, name: 'Laboratory', createdAt: NOW });
    await members.addMember({ accountId: laboratory }, owner(laboratory));
    operator = { accountId: operating, userId: ada.id, via: 'control-socket' };
  });

  /** Notes whether the account was still there, and what had been recorded. */
  const noting: AccountDataOwner = {
    async purgeAccount(accountId) {
      const isThere = (await members.findAccount(accountId)) !== undefined;
      happened.push(`purged ${isThere ? 'before' : 'after'} the row, ${audit.events.length} recorded`);
    },
  };

  function service(accountData: AccountDataOwner = noting) {
    // Neither is asked when an account is removed.
    const [links, authorize] = [{} as PeopleLinks, async () => {}];
    return createAccountsService({ authorize, members, links, accountData, audit });
  }

  it('records it first, purges what other rooms keep, and again what came in before the row had gone', async () => {
    await service().remove(operator, laboratory);
    expect(happened).toEqual(['purged before the row, 1 recorded', 'purged after the row, 1 recorded']);
    expect(audit.events).toEqual([
      { action: 'account.remove', target: { type: 'account', id: laboratory }, actor: operator },
    ]);
    expect((await members.listAccounts()).map(({ name }) => name)).toEqual(['Hospital']);
    expect(await members.listMembers({ accountId: laboratory }, 'person')).toEqual([]);
  });

  it('is finished by a second call when the first one broke off', async () => {
    const broken = { purgeAccount: () => Promise.reject(new AppError('unavailable', 'The storage is not reached.')) };
    await expect(service(broken).remove(operator, laboratory)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await members.listAccounts()).toHaveLength(2);
    await service().remove(operator, laboratory);
    expect(await members.listAccounts()).toHaveLength(1);
  });

  it('leaves the account that operates the deployment, and finds none that is not there', async () => {
    expect(await refusalOf(service().remove(operator, operating))).toBe('failed-precondition operating-account');
    expect(await refusalOf(service().remove(operator, newId()))).toBe('not-found account-not-found');
    expect([happened, audit.events]).toEqual([[], []]);
    expect(await members.listAccounts()).toHaveLength(2);
  });

  it('is nobody’s but the operator’s, not an owner’s of the account either', async () => {
    for (const accountId of [operating, laboratory]) {
      const actor: Actor = { ...operator, accountId, via: 'login-session', accountRole: 'owner' };
      expect(await refusalOf(service().remove(actor, laboratory))).toBe('permission-denied operator-only');
    }
    expect(await members.listAccounts()).toHaveLength(2);
  });
});

function owner(accountId: string): Member {
  return {
    id: newId(),
    accountId,
    kind: 'person',
    email: `${newId()}@example.org`,
    name: 'Owner',
    description: '',
    role: 'owner',
    passwordHash: null,
    passwordChangedAt: null,
    suspendedAt: null,
    createdAt: NOW,
  };
}

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isAppError(error) ? `${error.code} ${error.details.reason ?? ''}`.trim() : String(error);
}
