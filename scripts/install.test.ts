import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const LARGEST_INSTALL_MB = 1050;

type Lock = { packages: Record<string, { optionalDependencies?: Record<string, string> }> };

it('an install holds no telemetry collector', () => {
  expect(realpathSync(join(root, 'node_modules/@ibm/telemetry-js'))).toBe(
    join(root, 'scripts/replaced/ibm-telemetry-js'),
  );
  const collectors = findPackages(join(root, 'node_modules'), 'telemetry-js').filter(
    (path) => realpathSync(path) !== join(root, 'scripts/replaced/ibm-telemetry-js'),
  );
  expect(collectors).toEqual([]);
});

it('no telemetry process runs', () => {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(stdout.split('\n').filter((line) => /ibmtelemetry|telemetry-js/.test(line))).toEqual([]);
});

it('the lock file names every build of the engine, as `npm ci` wants it whatever the machine', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const builds = Object.keys(packages['node_modules/node-llama-cpp']?.optionalDependencies ?? {});
  expect(builds.length).toBeGreaterThan(5);
  expect(builds.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
});

it(`what is installed weighs less than ${LARGEST_INSTALL_MB} MB`, () => {
  // The tests' Python is beside the packages, and only where tests run.
  const packages = ['--exclude=.python', '--exclude=.python-notebooks', join(root, 'node_modules')];
  const { stdout } = spawnSync('du', ['-s', '--block-size=1MB', ...packages], { encoding: 'utf8' });
  expect(Number.parseInt(stdout, 10)).toBeGreaterThan(100);
  expect(Number.parseInt(stdout, 10)).toBeLessThan(LARGEST_INSTALL_MB);
});

/** Folders of that name, in scopes and in packages of packages. */
function findPackages(folder: string, name: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (!lstatSync(path).isDirectory() && entry !== name) return [];
    if (entry === name) return [path];
    if (entry.startsWith('@')) return findPackages(path, name);
    const nested = join(path, 'node_modules');
    return lstatSync(nested, { throwIfNoEntry: false })?.isDirectory() ? findPackages(nested, name) : [];
  });
}
