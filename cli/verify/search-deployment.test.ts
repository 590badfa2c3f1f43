import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedger } from './canary.ts';
import { plantLeak } from './plant.ts';
import { isLeak, searchDeployment } from './search-deployment.ts';

describe('the search of a deployment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloister-search-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const places = () => [{ kind: 'data' as const, path: folder }];

  it('finds every leak that a run plants, and the plant is removed again', () => {
    const canary = createLedger().add('planted', 'planted');
    const plant = plantLeak(folder, canary);
    const found = () => searchDeployment({ places: places(), processes: [] }, [canary]).findings;
    const encodings = found().map(({ path, encoding }) => [path, encoding]);
    for (const [path, encoding] of plant.expected) expect(encodings).toContainEqual([path, encoding]);
    plant.remove();
    expect(found()).toEqual([]);
  });

  it('finds what a file, a folder or a link is called, and names the innermost place', () => {
    const canary = createLedger().add('a request');
    const [word] = canary.words;
    const hex = Buffer.from(word).toString('hex');
    const bucket = join(folder, 'buckets');
    mkdirSync(join(bucket, `${hex}-folder`), { recursive: true });
    writeFileSync(join(bucket, `${word}.txt`), 'anything');
    linkSync(join(bucket, `${word}.txt`), join(folder, `${word}.same`));
    symlinkSync('/nowhere', join(folder, `link-${word}`));
    const { findings } = searchDeployment({ places: [...places(), { kind: 'bucket', path: bucket }], processes: [] }, [
      canary,
    ]);
    expect(findings.map(({ place, file, encoding }) => `${place}, ${encoding}: ${basename(file)}`).sort()).toEqual(
      [
        `bucket, UTF-8 in a name: ${word}.txt`,
        `bucket, hex in a name: ${hex}-folder`,
        `data, UTF-8 in a name: ${word}.same`,
        `data, UTF-8 in a name: link-${word}`,
      ].sort(),
    );
  });

  it('takes metadata for a leak anywhere but in the tables of the database and the log of their changes', async () => {
    const ledger = createLedger();
    const [name, content] = [ledger.add('a name', 'metadata'), ledger.add('a prompt')];
    const cluster = join(folder, 'cluster');
    for (const path of ['base/5/16384', 'pg_wal/0001', 'log/today.log', '../buckets/object', '../base/5/16384']) {
      mkdirSync(join(cluster, path, '..'), { recursive: true });
      writeFileSync(join(cluster, path), `before ${name.words[0]} ${content.words[0]} after`);
    }
    writeFileSync(join(cluster, 'PG_VERSION'), '18');
    // What starts PostgreSQL works elsewhere, PostgreSQL itself in its cluster.
    const running = [folder, cluster].map((cwd) => spawn('cat', { cwd, stdio: ['pipe', 'pipe', 'ignore'] }));
    try {
      const processes = running.map(({ pid = -1 }) => ({ kind: 'database' as const, processId: pid }));
      for (const { stdin, stdout } of running) {
        stdin.write('begun');
        await once(stdout, 'data');
      }
      const search = searchDeployment({ places: places(), processes }, ledger.canaries);
      expect(search.unreadable).toEqual([]);
      const leaked = (kind: string) =>
        search.findings
          .filter((finding) => finding.canary.kind === kind && isLeak(finding))
          .map(({ file, place }) => `${file.slice(folder.length + 1)}: ${place}`)
          .sort();
      const elsewhere = ['base/5/16384: data', 'buckets/object: data', 'cluster/log/today.log: data'];
      expect(leaked('metadata')).toEqual(elsewhere);
      expect(leaked('content')).toEqual(
        [...elsewhere, 'cluster/base/5/16384: database', 'cluster/pg_wal/0001: database'].sort(),
      );
    } finally {
      for (const { stdin } of running) stdin.end();
    }
  });
});
