import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../core/index.ts';
import type { Membership } from '../members/member-store.ts';
import type { FederatedIdentityStore, ProjectRoleGrants } from './federated-identity-store.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const ISSUER = 'https://id.example';

export type FederatedIdentityHarness = {
  readonly identities: FederatedIdentityStore;
  readonly grants: ProjectRoleGrants;
  /** Two people of one account; the first is the only Admin of the project. */
  readonly people: readonly [Membership, Membership];
  readonly projectId: string;
};

/** What every {@link FederatedIdentityStore} and {@link ProjectRoleGrants} must do. @param open gives empty ones. */
export function federatedIdentityStoreConformance(name: string, open: () => Promise<FederatedIdentityHarness>): void {
  describe(`${name} as a store of federated identities`, () => {
    let { identities, grants, people, projectId } = {} as FederatedIdentityHarness;
    beforeEach(async () => {
      ({ identities, grants, people, projectId } = await open());
    });

    it('knows a person by issuer and subject together, in their account alone', async () => {
      const [ada] = people;
      await identities.add({ ...ada, issuer: ISSUER, subject: 'one', createdAt: NOW });
      expect(await identities.find(ada.accountId, ISSUER, 'one')).toEqual(ada);
      expect(await identities.find(ada.accountId, ISSUER, 'two')).toBeUndefined();
      expect(await identities.find(ada.accountId, 'https://another.example', 'one')).toBeUndefined();
      expect(await identities.find(newId(), ISSUER, 'one')).toBeUndefined();
    });

    it('gives nobody the subject of somebody else, also when two come at the same moment', async () => {
      const [ada, bo] = people;
      const both = await Promise.allSettled(
        [ada, bo].map((one) => identities.add({ ...one, issuer: ISSUER, subject: 'one', createdAt: NOW })),
      );
      const refused = both.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toMatchObject([{ reason: { code: 'already-exists' } }]);
    });

    it('knows a person as one subject of an issuer, also when two come at the same moment', async () => {
      const [ada] = people;
      const both = await Promise.allSettled(
        ['one', 'two'].map((subject) => identities.add({ ...ada, issuer: ISSUER, subject, createdAt: NOW })),
      );
      const refused = both.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toMatchObject([{ reason: { code: 'already-exists' } }]);
      await identities.add({ ...ada, issuer: 'https://another.example', subject: 'two', createdAt: NOW });
    });

    it('gives, changes and takes a role in a project, and tells what there was', async () => {
      const [, bo] = people;
      expect(await grants.setRole(bo, projectId, undefined, NOW)).toEqual({ before: undefined });
      expect(await grants.setRole(bo, projectId, 'viewer', NOW)).toEqual({ before: undefined });
      expect(await grants.setRole(bo, projectId, 'viewer', NOW)).toEqual({ before: 'viewer' });
      expect(await grants.setRole(bo, projectId, 'editor', NOW)).toEqual({ before: 'viewer' });
      expect(await grants.setRole(bo, projectId, undefined, NOW)).toEqual({ before: 'editor' });
      expect(await grants.setRole(bo, projectId, undefined, NOW)).toEqual({ before: undefined });
    });

    it('changes nothing in a project that is not there', async () => {
      expect(await grants.setRole(people[1], newId(), 'viewer', NOW)).toBeUndefined();
    });

    it('leaves a project its last Admin', async () => {
      const [ada] = people;
      for (const role of ['viewer', undefined] as const) {
        await expect(grants.setRole(ada, projectId, role, NOW)).rejects.toMatchObject({
          code: 'failed-precondition',
          details: { reason: 'last-project-admin' },
        });
      }
      expect(await grants.setRole(ada, projectId, 'admin', NOW)).toEqual({ before: 'admin' });
    });
  });
}
