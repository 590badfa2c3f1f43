import { describe, expect, it } from 'vitest';
import { sumDigests } from '../audit/index.ts';
import { createRecordingAudit } from '../audit/testing.ts';
import { type Actor, AppError, type Authorize, newId, silentLogger } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { createProjectService } from './project-service.ts';

const ada: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };

/** Notes in which order things were made and destroyed. */
function fixture(authorize: Authorize = async () => {}, crashBefore?: string) {
  const happened: string[] = [];
  const warnings: string[] = [];
  const audit = createRecordingAudit();
  const note = (what: string) => async () => {
    if (what === crashBefore) throw new Error(`crash before: ${what}`);
    happened.push(what);
  };
  const store = new MemoryProjectStore();
  const remove = store.delete.bind(store);
  store.delete = async (...args) => {
    await note('rows and wrapped keys deleted')();
    return remove(...args);
  };
  const sealed = [{ objectId: newId(), sealedSizeBytes: 7, sha256: 'ab'.repeat(32) }];
  const service = createProjectService({
    store,
    authorize,
    audit,
    keys: { createProjectKey: note('key made'), destroyProjectKeys: note('keys destroyed') },
    bucket: { ensure: note('bucket made'), remove: note('bucket removed') },
    contents: { digestsOfProject: async () => note('digests taken')().then(() => sumDigests(sealed)) },
    clock: manualClock(),
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
  });
  return { service, happened, audit, sealed, warnings };
}

/** What deleting a project does, in this order. */
const steps = ['digests taken', 'rows and wrapped keys deleted', 'keys destroyed', 'bucket removed'];

describe('projects', () => {
  it('have a key and a bucket before they are acknowledged', async () => {
    const { service, happened } = fixture();
    const project = await service.create(ada, { name: '  Contracts ', description: '' });
    expect(project).toMatchObject({ name: 'Contracts', role: 'admin', accountId: ada.accountId });
    expect(happened).toEqual(['key made', 'bucket made']);
  });

  it('are not there where their key or their bucket cannot be made', async () => {
    for (const failing of ['key made', 'bucket made']) {
      const { service, happened, audit } = fixture(undefined, failing);
      await expect(service.create(ada, { name: 'Contracts', description: '' })).rejects.toThrow(failing);
      expect(await service.list(ada)).toEqual([]);
      expect(happened.slice(-2)).toEqual(['keys destroyed', 'bucket removed']);
      expect(audit.events.map(({ action }) => action)).toEqual(['project.create', 'project.delete']);
    }
  });

  it('lose their keys before their bucket when they are deleted', async () => {
    const { service, happened } = fixture();
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    happened.length = 0;
    await service.delete(ada, id);
    expect(happened).toEqual(steps);
    expect(await service.list(ada)).toEqual([]);
  });

  it('stay whole where the deletion stops before their rows are gone', async () => {
    for (const [index, crashBefore] of steps.slice(0, 2).entries()) {
      const { service, happened, audit } = fixture(undefined, crashBefore);
      const { id } = await service.create(ada, { name: 'Contracts', description: '' });
      happened.length = 0;
      await expect(service.delete(ada, id)).rejects.toThrow(crashBefore);
      expect(happened).toEqual(steps.slice(0, index));
      expect(await service.list(ada)).toHaveLength(1);
      expect(audit.events.map(({ action }) => action)).toEqual(['project.create']);
    }
  });

  it('are deleted with a receipt also where what comes after their rows fails', async () => {
    for (const failing of steps.slice(2)) {
      const { service, happened, warnings } = fixture(undefined, failing);
      const { id } = await service.create(ada, { name: 'Contracts', description: '' });
      happened.length = 0;
      expect((await service.delete(ada, id)).split('.')).toHaveLength(3);
      expect(happened).toEqual(steps.filter((step) => step !== failing));
      expect(warnings).toHaveLength(1);
      expect(await service.list(ada)).toEqual([]);
    }
  });

  it('leave a receipt with the digests of what they held', async () => {
    const { service, audit, sealed } = fixture();
    const { id } = await service.create(ada, { name: 'Contracts', description: '' });
    const [, payload = ''] = (await service.delete(ada, id)).split('.');
    const receipt: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(receipt).toMatchObject({ what: { type: 'project', id }, projectId: id, by: { userId: ada.userId }, sealed });
    expect(audit.events.at(-1)).toMatchObject({ action: 'project.delete', details: { sealedSha256: 'ab'.repeat(32) } });
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
      { action: 'project.delete', target, projectId: id, details: { sealedSha256: 'ab'.repeat(32) }, actor: ada },
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
