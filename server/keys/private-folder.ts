import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the folder, for its owner alone, with those above it that are missing. A crash of the machine does not take it away again. */
export async function makePrivateFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  // A new folder's name is on the disk only when its parent is synced; `firstMade` is the topmost new one.
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade || made === dirname(made)) return;
  }
}

/** Brings the names in the folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
