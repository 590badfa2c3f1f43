import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export type RealBrowser = {
  readonly profile: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** `kill -9` of every process of it: what is on the disk now is what a thief would find. */
  kill(): Promise<void>;
  /** Ends it and removes its profile folder. */
  remove(): Promise<void>;
};

/** Debian's Chromium with a new profile folder, as a person would start it: nothing is private or in memory only. */
export async function startBrowser(profile = mkdtempSync(join(tmpdir(), 'cloister-browser-'))): Promise<RealBrowser> {
  const process = spawn(
    CHROMIUM,
    [
      '--headless=new',
      '--no-sandbox',
      '--no-first-run',
      '--disable-dev-shm-usage',
      '--remote-debugging-port=0',
      '--window-size=1440,900',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: 'ignore', detached: true },
  );
  const browser = await connect(profile, process);
  const context = browser.contexts()[0] ?? (await browser.newContext());
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(20_000);
  const kill = async () => {
    if (process.exitCode !== null || process.signalCode !== null || process.pid === undefined) return;
    const ended = once(process, 'exit');
    globalThis.process.kill(-process.pid, 'SIGKILL');
    await ended;
  };
  return {
    profile,
    context,
    page,
    kill,
    remove: async () => {
      await kill();
      await wait(200);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function connect(profile: string, process: ChildProcess): Promise<Browser> {
  const portFile = join(profile, 'DevToolsActivePort');
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (process.exitCode !== null) throw new Error(`Chromium ended with code ${process.exitCode}`);
    const [port, path] = existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : [];
    if (port !== undefined && path !== undefined) return chromium.connectOverCDP(`ws://127.0.0.1:${port}${path}`);
    await wait(100);
  }
  throw new Error('Chromium did not open its debugging port within 15 s');
}
