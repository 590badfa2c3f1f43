import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { revealSites } from './reveal-sites.ts';
import { rooms } from './rooms.ts';

const root = resolve(import.meta.dirname, '..');
const server = join(root, 'server');

function typescriptFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

function isTestFile(path: string): boolean {
  return /\.(test|conformance)\.ts$|(^|\/)testing\.ts$/.test(path);
}

const serverFiles = typescriptFiles(server);

function roomOf(path: string): string | undefined {
  const [first, ...rest] = relative(server, path).split(sep);
  return rest.length > 0 && first !== '..' ? first : undefined;
}

describe('the rooms', () => {
  it('are all in the list', () => {
    const folders = readdirSync(server).filter((name) => statSync(join(server, name)).isDirectory());
    expect(folders.filter((folder) => !(rooms as readonly string[]).includes(folder))).toEqual([]);
  });

  it('import only rooms above them, through the door', () => {
    const faults: string[] = [];
    for (const path of serverFiles) {
      const room = roomOf(path);
      if (room === undefined) continue;
      for (const specifier of importsOf(path).filter((name) => name.startsWith('.'))) {
        const target = resolve(dirname(path), specifier);
        const where = `${relative(root, path)} imports ${specifier}`;
        if (target.startsWith(join(root, 'contract') + sep)) {
          if (!['api', 'lab', 'inference', 'config'].includes(room))
            faults.push(`${where}: wire shapes belong to the surfaces`);
          continue;
        }
        const other = roomOf(target);
        if (other === undefined) {
          if (!target.startsWith(server + sep)) faults.push(`${where}: that is outside the server`);
          continue;
        }
        if (other === room) continue;
        const door = target.endsWith(`${sep}index.ts`) || (target.endsWith(`${sep}testing.ts`) && isTestFile(path));
        if (!door || dirname(target) !== join(server, other))
          faults.push(`${where}: only the door (index.ts) of a room is open`);
        if (rooms.indexOf(other as never) > rooms.indexOf(room as never))
          faults.push(`${where}: ${other} is below ${room}`);
      }
    }
    expect(faults).toEqual([]);
  });
});

describe('the rules of the house', () => {
  const productFiles = serverFiles.filter((path) => !isTestFile(path));

  function filesWith(pattern: RegExp): string[] {
    return productFiles.filter((path) => pattern.test(readFileSync(path, 'utf8'))).map((path) => relative(root, path));
  }

  it('reveals content only where server/reveal-sites.ts says so', () => {
    expect(filesWith(/\.reveal\(/).sort()).toEqual(Object.keys(revealSites).sort());
  });

  it('reads the environment only in config', () => {
    expect(filesWith(/process\.env\b/).filter((path) => !path.startsWith('server/config/'))).toEqual([]);
  });

  it('reads the clock only in core/clock.ts', () => {
    const pattern = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime\b/;
    expect(filesWith(pattern).filter((path) => path !== 'server/core/clock.ts')).toEqual([]);
  });

  it('opens network connections only in egress, and listens only in api', () => {
    const pattern = /from '(?:node:)?(?:http|https|http2|net|tls|dgram|undici)'|(?<![.\w])fetch\(|globalThis\.fetch/;
    const allowed = /^server\/(egress|api)\//;
    expect(filesWith(pattern).filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('keeps the browser and the command line off the server code', () => {
    const faults: string[] = [];
    for (const folder of ['web', 'cli', 'contract']) {
      for (const path of typescriptFiles(join(root, folder))) {
        if (path.includes(`${sep}node_modules${sep}`)) continue;
        for (const specifier of importsOf(path).filter((name) => name.startsWith('.'))) {
          const target = resolve(dirname(path), specifier);
          const own = target.startsWith(join(root, folder) + sep);
          const contract = target.startsWith(join(root, 'contract') + sep);
          if (!own && !(contract && folder !== 'contract')) faults.push(`${relative(root, path)} imports ${specifier}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });
});
