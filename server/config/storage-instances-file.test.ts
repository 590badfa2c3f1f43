import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newId } from '../core/index.ts';
import { placesOf } from './places.ts';
import { readSettings } from './settings.ts';

describe('the file of storages that accounts have for themselves', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-storages-'));
  const path = join(folder, 'storages.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  function read(content: unknown) {
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readSettings({ CLOISTER_STORAGE_INSTANCES: path }, []).storageInstances;
  }

  it('names a storage an account, with files found from its own folder', () => {
    const [one, two] = [newId(), newId()];
    const url = 's3:https://s3.example:9000?secret-file=s3.secret&credentials=none';
    expect(
      read([
        { account: one, url },
        { account: two, url: 'file:buckets' },
      ]),
    ).toEqual([
      { account: one, url: `s3:https://s3.example:9000?secret-file=${folder}/s3.secret&credentials=none` },
      { account: two, url: `file:${folder}/buckets` },
    ]);
    expect(readSettings({}, []).storageInstances).toEqual([]);
  });

  it('adds its access keys and folders to what no engine may see', () => {
    const url = 's3:https://s3.example:9000?secret-file=s3.secret&credentials=none';
    writeFileSync(
      path,
      JSON.stringify([
        { account: newId(), url },
        { account: newId(), url: 'file:buckets' },
      ]),
    );
    const standard = { CLOISTER_BUCKET: url.replace('s3.secret', '/etc/standard.secret') };
    const settings = readSettings({ CLOISTER_STORAGE_INSTANCES: path, CLOISTER_KMS: 'local:/k', ...standard }, []);
    const data = join(folder, 'data');
    const places = placesOf(settings, { path: data, deploymentId: 'd', release: () => {} } as never);
    const keyFiles = ['/k', '/etc/standard.secret', join(folder, 's3.secret')];
    expect(places.keyFiles).toEqual(keyFiles);
    expect(places.hiddenFromEngines).toEqual([data, join(folder, 'buckets'), ...keyFiles, places.run]);
    const inFolder = readSettings({ CLOISTER_BUCKET: 'file:/srv/buckets' }, []);
    expect(placesOf(inFolder, { path: data, deploymentId: 'd', release: () => {} } as never)).toMatchObject({
      bucket: '/srv/buckets',
      hiddenFromEngines: expect.arrayContaining(['/srv/buckets']),
    });
  });

  it('has all its faults told together', () => {
    const account = newId();
    const bad = [
      { account: 'main', url: 'file:x' },
      { account, url: 'https://s3.example' },
      { account, url: 'file:x', prefix: 'x' },
    ];
    expect(() => read(bad)).toThrow(
      /\[0\]\.account must be the id of an account[\s\S]*\[1\]\.url must be file:<folder>[\s\S]*\[2\].*prefix/,
    );
    expect(() =>
      read([
        { account, url: 'file:x' },
        { account, url: 'file:y' },
      ]),
    ).toThrow(/\[1\]\.account "[^"]+" has a storage already/);
    expect(() => read('{')).toThrow(/is not JSON/);
    expect(() => readSettings({ CLOISTER_STORAGE_INSTANCES: join(folder, 'none') }, [])).toThrow(
      /"[^"]*none" cannot be read \(ENOENT\)/,
    );
  });
});
