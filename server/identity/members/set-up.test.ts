import { afterEach, describe, expect, it } from 'vitest';
import { createAudit } from '../../audit/index.ts';
import { createTestSigner } from '../../audit/testing.ts';
import { AppError, Secret, silentLogger } from '../../core/index.ts';
import { manualClock } from '../../core/testing.ts';
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts';
import { createIdentity } from '../create-identity.ts';
import { createMemoryIdentity, keepsNothing, openSecretWrapper } from '../testing.ts';

const ORIGIN = { address: '192.0.2.1', browser: 'Firefox on Linux' };

function administrator(name = 'Ada') {
  const email = `${name}@example.org`;
  return { accountName: 'Hospital', name, email, password: new Secret('correct horse battery staple') };
}

it('is recorded: an account was made, and its owner joined it', async () => {
  const { service, audit } = createMemoryIdentity(manualClock());
  const token = new Secret((await service.newSetupToken()) ?? '');
  const { actor } = await service.setUp({ ...administrator(), token }, ORIGIN);
  const { accountId, userId } = actor;
  expect(audit.events).toMatchObject([
    { action: 'account.create', target: { type: 'account', id: accountId }, actor: { userId, via: 'one-time-link' } },
    { action: 'person.join', target: { type: 'person', id: userId }, details: { role: 'owner', method: 'password' } },
    { action: 'login-session.begin', actor: { userId } },
  ]);
});

describe('in PostgreSQL', () => {
  let database: TestDatabase;
  afterEach(() => database.close());

  async function open(signer = createTestSigner()) {
    database = await createTestDatabase();
    const clock = manualClock();
    const { audit } = createAudit({ database, signer, clock, logger: silentLogger });
    const siteUrl = () => 'https://cloister.example';
    const common = { secretWrapper: openSecretWrapper, audit, clock, logger: silentLogger, siteUrl };
    return createIdentity({ ...common, accountData: keepsNothing, database }).service;
  }
  const recorded = () => database.ownerQuery('select action from audit_events order by sequence');

  it('is not done without its event', async () => {
    const sign = () => Promise.reject(new AppError('unavailable', 'The KMS is not reached.'));
    const service = await open({ ...createTestSigner(), sign });
    await expect(service.setUpUnattended(administrator())).rejects.toMatchObject({ code: 'unavailable' });
    expect(await service.isSetUp()).toBe(false);
    expect(await database.ownerQuery('select id from accounts')).toEqual([]);
  });

  it('is done and recorded once, also when several do it at the same moment', async () => {
    const service = await open();
    await Promise.all(['Ada', 'Bo', 'Cy'].map((name) => service.setUpUnattended(administrator(name))));
    expect(await database.ownerQuery('select id from accounts')).toHaveLength(1);
    expect(await recorded()).toEqual([{ action: 'account.create' }, { action: 'person.join' }]);
  });
});
