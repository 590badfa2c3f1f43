/**
 * Compiles the native part of pkcs11js: `npm run build:pkcs11`, for deployments whose keys are in a hardware module, and for the tests.
 * Install scripts are off (see prepare.mjs), and pkcs11js comes as source only. It uses Node-API, which is the same for every Node.js, so
 * the headers of the package node-api-headers are enough: nothing is downloaded. Plain JavaScript, as prepare.mjs runs it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const packages = resolve(import.meta.dirname, '../node_modules');
const source = join(packages, 'pkcs11js');
const headers = join(packages, 'node-api-headers');
const folder = join(source, 'build', 'Release');
const binary = join(folder, 'pkcs11.node');
const marker = join(folder, '.built-from');

/** As pkcs11js's binding.gyp has it. */
const sources = ['dl.cpp', 'common.cpp', 'main.cpp'].map((name) => join(source, 'src', name));
const flags = ['-std=c++17', '-O2', '-fPIC', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=pkcs11'];
/** Node-API's functions are in the process that loads the library. */
const linking = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-ldl'];

for (const path of [source, headers]) {
  if (!existsSync(path)) fail('The packages are not installed. Run `npm ci --ignore-scripts` first.');
}
const wanted = builtFrom();
if (!existsSync(binary) || !existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) build();

function build() {
  say('Compiling pkcs11js (a few seconds) …');
  mkdirSync(folder, { recursive: true });
  const compiler = process.env.CXX || 'c++';
  const draft = `${binary}.${process.pid}`;
  const includes = [`-I${join(headers, 'include')}`, `-I${join(source, 'includes')}`];
  const { status, error } = spawnSync(compiler, [...flags, ...includes, ...sources, '-o', draft, ...linking], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined) {
    fail(`There is no C++ compiler "${compiler}". Install one (on Debian: g++), or name yours in CXX.`);
  }
  if (status !== 0) fail('pkcs11js could not be compiled. What the compiler printed above says why.');
  renameSync(draft, binary);
  writeFileSync(marker, wanted);
}

/** What the binary depends on: the sources, and the platform that it is for. */
function builtFrom() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  const names = ['src', 'includes'].flatMap((part) =>
    readdirSync(join(source, part), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const name of names.sort()) hash.update(readFileSync(name)).update('\0');
  return hash.digest('hex');
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
