import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Does what npm does to the folder, as far as prepare.mjs looks at it, and writes down how it was called. */
const NPM = `#!/bin/sh
echo "$*" >> calls
case $1 in
  ci)
    rm -rf node_modules
    mkdir -p node_modules/node/bin
    touch node_modules/node/bin/node
    echo '{"packages":{}}' > node_modules/.package-lock.json ;;
  rebuild) test ! -e no-rebuild ;;
esac
`;

describe('making a fresh clone ready', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cloister-prepare-'));
    mkdirSync(join(root, 'scripts'));
    mkdirSync(join(root, 'bin'));
    cpSync(join(import.meta.dirname, 'prepare.mjs'), join(root, 'scripts/prepare.mjs'));
    writeFileSync(join(root, 'package-lock.json'), '{"packages":{"":{}}}');
    writeFileSync(join(root, 'bin/npm'), NPM, { mode: 0o755 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function prepare(): { status: number | null; calls: string[] } {
    const { status } = spawnSync(process.execPath, [join(root, 'scripts/prepare.mjs'), 'start'], {
      env: { PATH: `${join(root, 'bin')}:${process.env.PATH}`, NODE_ENV: 'production' },
    });
    const file = join(root, 'calls');
    const calls = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    rmSync(file, { force: true });
    return { status, calls };
  }

  it('installs the packages that build the pages also in production, and only once', () => {
    const { status, calls } = prepare();
    expect(status).toBe(0);
    expect(calls.find((call) => call.startsWith('ci '))).toMatch(/--include=dev --include=optional/);
    expect(prepare()).toEqual({ status: 0, calls: [] });
  });

  it('installs again after an install that did not come to its end', () => {
    writeFileSync(join(root, 'no-rebuild'), '');
    expect(prepare().status).toBe(1);
    rmSync(join(root, 'no-rebuild'));
    expect(prepare().calls.map((call) => call.split(' ')[0])).toEqual(['ci', 'rebuild', 'run']);
  });
});
