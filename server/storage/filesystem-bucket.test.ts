import { mkdtemp, open, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { bucketConformance } from './bucket.conformance.ts';
import { createFilesystemBucket } from './filesystem-bucket.ts';
import { createMemoryBucket } from './memory-bucket.ts';
import { asStorageError } from './storage-error.ts';

bucketConformance('memory', async () => ({ bucket: createMemoryBucket(), close: async () => {} }));
bucketConformance('filesystem', async () => {
  const root = await mkdtemp(join(tmpdir(), 'cloister-bucket-'));
  return {
    bucket: createFilesystemBucket({ root: join(root, 'made', 'when needed') }),
    close: () => rm(root, { recursive: true, force: true }),
  };
});

async function* pieces(...parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

describe('the filesystem bucket', () => {
  let root: string;
  const scope = { accountId: newId(), projectId: newId() };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cloister-bucket-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('keeps a folder an account and one a project, closed to others whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const objectId = newId();
      await createFilesystemBucket({ root: join(root, 'buckets') }).put(scope, objectId, pieces('x'));
      const account = join(root, 'buckets', scope.accountId);
      const modes = await Promise.all(
        [join(root, 'buckets'), account, join(account, scope.projectId), join(account, scope.projectId, objectId)].map(
          async (path) => ((await stat(path)).mode & 0o777).toString(8),
        ),
      );
      expect(modes).toEqual(['700', '700', '700', '600']);
    } finally {
      process.umask(before);
    }
  });

  it('leaves no file of a put that failed', async () => {
    const bucket = createFilesystemBucket({ root });
    async function* failing(): AsyncIterable<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error('the sender went away');
    }
    await expect(bucket.put(scope, newId(), failing())).rejects.toThrow('the sender went away');
    expect(await readdir(join(root, scope.accountId, scope.projectId))).toEqual([]);
  });

  it('sweeps what a crash left, but not what is young or strange', async () => {
    const bucket = createFilesystemBucket({ root });
    await bucket.ensure(scope);
    const folder = join(root, scope.accountId, scope.projectId);
    const [old, young] = [`${newId()}.0011223344556677.part`, `${newId()}.8899aabbccddeeff.part`];
    for (const name of [old, young, 'note.txt']) await writeFile(join(folder, name), 'left');
    await utimes(join(folder, old), new Date('2026-01-01'), new Date('2026-01-01'));
    await utimes(join(folder, 'note.txt'), new Date('2026-01-01'), new Date('2026-01-01'));
    expect(await bucket.sweep(new Date('2026-02-01'))).toBe(1);
    expect((await readdir(folder)).sort()).toEqual([young, 'note.txt'].sort());
  });

  it('does not follow a link that somebody put in the place of an object', async () => {
    const bucket = createFilesystemBucket({ root });
    await bucket.ensure(scope);
    const objectId = newId();
    await writeFile(join(root, 'elsewhere'), 'other');
    await symlink(join(root, 'elsewhere'), join(root, scope.accountId, scope.projectId, objectId));
    const reading = (async () => {
      for await (const _ of await bucket.get(scope, objectId)) expect.fail('it was read');
    })();
    await expect(reading).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says in words when its place is a file', async () => {
    await writeFile(join(root, 'a-file'), '');
    const bucket = createFilesystemBucket({ root: join(root, 'a-file') });
    await expect(bucket.put(scope, newId(), pieces('x'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ENOTDIR'),
    });
  });

  it('says in words when the disk is full', async () => {
    // /dev/full answers every write with ENOSPC.
    const full = await open('/dev/full', 'w');
    const thrown: unknown = await full.write(Buffer.from('x')).catch((error: unknown) => error);
    await full.close();
    expect(asStorageError(thrown)).toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringMatching(/no space left.*Free some space/),
    });
  });

  for (const code of ['EACCES', 'EROFS', 'EPERM']) {
    it(`says in words when it may not write (${code})`, () => {
      const error = asStorageError(Object.assign(new Error('x'), { code }));
      expect(error).toMatchObject({ code: 'failed-precondition', message: expect.stringContaining(code) });
    });
  }
});
