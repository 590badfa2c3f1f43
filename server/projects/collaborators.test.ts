import { beforeEach, describe, expect, it } from 'vitest';
import { createRecordingAudit, type RecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, type AuthorizationRequest, newId } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { createMemoryKeys } from '../keys/testing.ts';
import { createMemoryStorage } from '../storage/testing.ts';
import type { Projects } from './create-projects.ts';
import type { MemoryMember } from './memory-project-records.ts';
import { createMemoryProjectsRoom } from './testing.ts';

const accountId = newId();
const person = (name: string): MemoryMember => ({
  userId: newId(),
  kind: 'person',
  name,
  email: `${name}@example.org`,
});
const members = [person('ada'), person('bob'), person('carol')] as const;
const [ada, bob, carol] = members.map(({ userId }): Actor => ({ accountId, userId, via: 'login-session' })) as [
  Actor,
  Actor,
  Actor,
];

describe('collaborators and grants of a bucket', () => {
  let projects: Projects;
  let audit: RecordingAudit;
  let asked: AuthorizationRequest[];
  let refused: string | undefined;
  let projectId: string;

  beforeEach(async () => {
    audit = createRecordingAudit();
    refused = undefined;
    const keys = createMemoryKeys().service;
    asked = [];
    projects = createMemoryProjectsRoom({
      authorize: async (_actor, request) => {
        asked.push(request);
        if (request.action === refused) throw new AppError('permission-denied', 'no');
      },
      keys,
      storage: createMemoryStorage({ keys }),
      clock: manualClock(),
      audit,
      membersOf: async (account) => (account === accountId ? members : []),
    });
    projectId = (await projects.service.create(ada, { name: 'Contracts', description: '' })).id;
    audit.events.length = 0;
    asked.length = 0;
  });

  const record = () => audit.events.map(({ action, details }) => [action, details]);

  it('are recorded with whom they are for, and what was before', async () => {
    const { userId } = bob;
    await projects.collaborators.put(ada, projectId, userId, 'viewer');
    await projects.collaborators.put(ada, projectId, userId, 'editor');
    await projects.collaborators.remove(ada, projectId, userId);
    await projects.bucketGrants.put(ada, projectId, userId, 'reader');
    await projects.bucketGrants.put(ada, projectId, userId, 'writer');
    await projects.bucketGrants.remove(ada, projectId, userId);
    expect(record()).toEqual([
      ['collaborator.add', { userId, role: 'viewer' }],
      ['collaborator.change', { userId, role: 'editor', previousRole: 'viewer' }],
      ['collaborator.remove', { userId, previousRole: 'editor' }],
      ['bucket-grant.add', { userId, bucketAccess: 'reader' }],
      ['bucket-grant.change', { userId, bucketAccess: 'writer', previousBucketAccess: 'reader' }],
      ['bucket-grant.remove', { userId, previousBucketAccess: 'writer' }],
    ]);
    expect(audit.events.every((event) => event.projectId === projectId && event.target.id === projectId)).toBe(true);
  });

  it('say the same of somebody unknown, of another account, and of an id that is none, and record nothing', async () => {
    for (const id of [newId(), 'x', '', "'; --"]) {
      const words = { code: 'not-found', message: `There is no person "${id}" here.` };
      await expect(projects.collaborators.put(ada, projectId, id, 'viewer')).rejects.toMatchObject(words);
      await expect(projects.collaborators.remove(ada, projectId, id)).rejects.toMatchObject(words);
      await expect(projects.bucketGrants.put(ada, projectId, id, 'reader')).rejects.toMatchObject(words);
      await expect(projects.bucketGrants.remove(ada, projectId, id)).rejects.toMatchObject(words);
    }
    expect(record()).toEqual([]);
  });

  it('ask for the right to manage, and only for one’s own part to give it back', async () => {
    await projects.collaborators.put(ada, projectId, bob.userId, 'viewer');
    await projects.bucketGrants.put(ada, projectId, bob.userId, 'reader');
    refused = 'manage-collaborators';
    const denied = { code: 'permission-denied' };
    await expect(projects.collaborators.put(bob, projectId, bob.userId, 'admin')).rejects.toMatchObject(denied);
    await expect(projects.collaborators.remove(bob, projectId, ada.userId)).rejects.toMatchObject(denied);
    await expect(projects.collaborators.listCandidates(bob, projectId, '')).rejects.toMatchObject(denied);
    await expect(projects.bucketGrants.put(bob, projectId, bob.userId, 'writer')).rejects.toMatchObject(denied);
    await expect(projects.bucketGrants.list(bob, projectId)).rejects.toMatchObject(denied);
    expect(await projects.collaborators.list(bob, projectId)).toHaveLength(2);
    await projects.bucketGrants.remove(bob, projectId, bob.userId);
    await projects.collaborators.remove(bob, projectId, bob.userId);
    expect(await projects.collaborators.list(ada, projectId)).toHaveLength(1);
  });

  it('keep the last Admin, and record nothing of the try', async () => {
    const lastAdmin = { code: 'failed-precondition', details: { reason: 'last-project-admin' } };
    await expect(projects.collaborators.remove(ada, projectId, ada.userId)).rejects.toMatchObject(lastAdmin);
    await expect(projects.collaborators.put(ada, projectId, ada.userId, 'viewer')).rejects.toMatchObject(lastAdmin);
    expect(record()).toEqual([]);
  });

  it('offer nobody to whoever may not look at the people of the account', async () => {
    const found = await projects.collaborators.listCandidates(ada, projectId, ' O ');
    expect(found.map(({ name }) => name)).toEqual(['bob', 'carol']);
    refused = 'see-people';
    await expect(projects.collaborators.listCandidates(ada, projectId, '')).rejects.toMatchObject({
      code: 'permission-denied',
    });
    await expect(projects.collaborators.listCandidates(ada, projectId, 'x'.repeat(201))).rejects.toMatchObject({
      code: 'permission-denied',
    });
  });

  it('show buckets to whom they were granted, with a key for one project only that one', async () => {
    const other = await projects.service.create(ada, { name: 'Leases', description: '' });
    for (const id of [projectId, other.id]) await projects.bucketGrants.put(ada, id, carol.userId, 'writer');
    expect(await projects.bucketGrants.listGranted(carol)).toHaveLength(2);
    expect(await projects.bucketGrants.listGranted({ ...carol, scope: { projectId } })).toEqual([
      { projectId, projectName: 'Contracts', access: 'writer' },
    ]);
    expect(await projects.service.list(carol)).toEqual([]);
  });

  it('do not say more after the project is gone', async () => {
    await projects.collaborators.put(ada, projectId, bob.userId, 'admin');
    await projects.service.delete(bob, projectId);
    await expect(projects.collaborators.put(ada, projectId, carol.userId, 'viewer')).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(projects.bucketGrants.put(ada, projectId, carol.userId, 'reader')).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(asked.length).toBeGreaterThan(0);
  });
});
