import type { CDPSession, Page } from 'playwright-core';

/** A secret as the open dialog shows it: a link, a key, codes. Closes the dialog. */
export async function takeShownOnce(page: Page): Promise<string> {
  const text = await page
    .locator('.cl-shown-once .cds--snippet pre, .cl-shown-once .cds--snippet code')
    .first()
    .textContent();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.locator('.cl-shown-once').waitFor({ state: 'detached' });
  return (text ?? '').trim();
}

/** Does one thing from the menu of a row; the dialog that it opens is left open. */
export async function chooseAction(page: Page, menu: string, action: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: action }).click();
  await page.getByRole('dialog').waitFor();
}

/** Presses the button of the open dialog that does what it asks, and waits until the dialog is gone. */
export async function answerDialog(page: Page, button: string): Promise<void> {
  const dialog = page.getByRole('dialog').filter({ has: page.getByRole('button', { name: button, exact: true }) });
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account and appearance' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}

/** The first page of signing in; what comes next depends on the person. */
export async function givePassword(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** A device that holds passkeys and always finds its person present, in place of the browser's own question. */
export async function addAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}
