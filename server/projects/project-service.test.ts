import { describe, expect, it } from 'vitest';
import { type Actor, AppError, type Authorize, newId } from '../core/index.ts';
import { manualClock } from '../core/testing.ts';
import { MemoryProjectStore } from './memory-project-store.ts';
import { createProjectService } from './project-service.ts';

const ada: Actor = { accountId: newId(), userId: newId(), via: 'login-session' };

/** Notes in which order things were made and destroyed. */
function fixture(authorize: Authorize = async () => {}) {
  const happened: string[] = [];
  const note = (what: string) => async () => {
    happened.push(what);
  };
  const service = createProjectService({
    store: new MemoryProjectStore(),
    authorize,
    keys: { createProjectKey: note('key made'), destroyProjectKeys: note('keys destroyed') },
    bucket: { ensure: note('bucket made'), remove: note('bucket removed') },
    clock: manualClock(),
  });
  return { service, happened };
}

describe('projects', () => {
  it('have a key and a bucket before they are acknowledged', async () => {
    const { service, happened } = fixture();
    const project = await service.create(ada, { name: '  Contracts ', description: '' });
    expect(project).toMatchObject({ name: 'Contracts', role: 'admin', accountId: ada.accountId });
    expect(happened).toEqual(['key made', 'bucket made']);
  });

  it('lose their keys first when they are deleted', async () => {
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
});
