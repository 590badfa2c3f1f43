import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settingRows } from './setting-rows.ts';

it("docs/operating.md's table of settings is the one that the server reads", () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\| (.+?) +\|$/gm)].map(([, variable, about]) => [
    variable,
    about?.replaceAll('`', ''),
  ]);
  expect(documented).toEqual(Object.values(settingRows).map((row) => [row.variable, row.about]));
});
