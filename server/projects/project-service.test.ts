import { describe, expect, it } from 'vitest';
import { createRecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, type Authorize, newId } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { createProjectService } from './project-service.ts';

const ada: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };

/** Notes in which order things were made and destroyed. */
function fixture(authorize: Authorize = async () => {}) {
  const happened: string[] = [];
  const audit = createRecordingAudit();
  const note = (what: string) => async () => {
    happened.push(what);
  };
  const service = createProjectService({
    store: new MemoryProjectStore(),
    authorize,
    audit,
    keys: { createProjectKey: note('key made'), destroyProjectKeys: note('keys destroyed') },
    bucket: { ensure: note('bucket made'), remove: note('bucket removed') },
    clock: manualClock(),
  });
  return { service, happened, audit };
}

describe('projects', () => {
  it('have a key and a bucket before they are acknowledged', async () => {
    const { service, happened } = fixture();
    const project = await service.create(ada, { name: '  Contracts ', description: '' });
    expect(project).toMatchObject({ name: 'Contracts', role: 'admin', accountId: ada.accountId });
    expect(happened).toEqual(['key made', 'bucket made']);
  });

  it('lose their keys before their bucket when they are deleted', async () => {
    const { service, happened } = fixture();
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    happened.length = 0;
    await service.delete(ada, id);
    expect(happened).toEqual(['keys destroyed', 'bucket removed']);
    expect(await service.list(ada)).toEqual([]);
  });

  it('change only for those who may', async () => {
    const { service } = fixture(async (_actor, { action }) => {
      if (action === 'change-project' || action === 'delete-project') throw new AppError('permission-denied', 'no');
    });
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    await expect(service.change(ada, id, { name: 'x' })).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(service.delete(ada, id)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(await service.get(ada, id)).toMatchObject({ name: 'Contracts' });
  });

  it('refuse an empty or over-long name', async () => {
    const { service } = fixture();
    for (const name of ['', '   ', 'x'.repeat(121)]) {
      await expect(service.create(ada, { name, description: '' })).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });

  it('are recorded with every change, without a name', async () => {
    const { service, audit } = fixture();
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    await service.change(ada, id, { name: 'Leases' });
    await service.change(ada, id, {});
    await service.delete(ada, id);
    const target = { type: 'project', id };
    expect(audit.events).toEqual([
      { action: 'project.create', target, projectId: id, actor: ada },
      { action: 'project.change', target, projectId: id, details: { fields: ['name'] }, actor: ada },
      { action: 'project.delete', target, projectId: id, actor: ada },
    ]);
  });

  it('are neither changed nor recorded where there is none', async () => {
    const { service, audit } = fixture();
    await expect(service.change(ada, newId(), { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(service.delete(ada, newId())).rejects.toMatchObject({ code: 'not-found' });
    expect(audit.events).toEqual([]);
  });

  it('are only one for whoever comes with a key for it', async () => {
    const { service } = fixture();
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    await service.create(ada, { name: 'Leases', description: '' });
    const listed = await service.list({ ...ada, scope: { projectId: id } });
    expect(listed.map(({ name }) => name)).toEqual(['Contracts']);
    expect(await service.list(ada)).toHaveLength(2);
  });
});
