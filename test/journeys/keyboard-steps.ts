import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const MOST_TABS = 60;

/** Presses the Tab key until the focus is there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The Tab key does not come to ${target}`);
}

export const expectFocus = (target: Locator) => expect.poll(() => hasFocus(target), { timeout: 5000 }).toBe(true);

const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluate(
    (element) => element === (element as { ownerDocument: { activeElement: unknown } }).ownerDocument.activeElement,
  );
