import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Longer than Carbon's transitions: in the middle of one, colours are between two themes. */
const SETTLED_AFTER_MS = 400;

/** Each violation of WCAG 2.2 A and AA with the elements it is about. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const run = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`;
  const results = (await page.evaluate(run)) as AxeResults;
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** The page as it stands: light in a wide window, and dark in one of 360 px, where nothing may need scrolling sideways. */
export async function violationsBothWays(page: Page): Promise<string[]> {
  await page.waitForTimeout(SETTLED_AFTER_MS);
  const wide = await violations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 800 });
  await page.waitForTimeout(SETTLED_AFTER_MS);
  const narrow = await violations(page);
  const overflow = (await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')) as number;
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  return [
    ...wide.map((fault) => `light, wide: ${fault}`),
    ...narrow.map((fault) => `dark, narrow: ${fault}`),
    ...(overflow > 0 ? [`narrow: ${overflow} px stand over the edge`] : []),
  ];
}

/** The page as it stands, in both themes, from a telephone's width to a wall's. */
export async function violationsAtAllWidths(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1440, 2560]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(SETTLED_AFTER_MS);
      const overflow = (await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')) as number;
      const faults = [...(await violations(page)), ...(overflow > 0 ? [`${overflow} px stand over the edge`] : [])];
      found.push(...faults.map((fault) => `${colorScheme}, ${width} px: ${fault}`));
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  return found;
}
