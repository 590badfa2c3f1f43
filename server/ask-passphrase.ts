import { AppError, Secret } from './core/index.ts';

/** What Ctrl+C, Enter and Ctrl+D, and the two keys that erase send. */
const END_OF_TEXT = '\u0003';
const ENDS = ['\r', '\n', '\u0004'];
const ERASES = ['\b', '\u007f'];

/**
 * Asks the person at the terminal for a passphrase, which is not shown.
 * @param question without a line end
 * @returns undefined where standard input is no terminal, or nothing was typed
 * @throws AppError `cancelled` on Ctrl+C.
 */
export async function askPassphrase(question: string): Promise<Secret | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  stdin.setEncoding('utf8').setRawMode(true);
  // Only now: what is typed as soon as the question is seen must not be shown.
  stderr.write(question);
  try {
    const typed = await readLine(stdin);
    return typed === '' ? undefined : new Secret(typed);
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}

/** In raw mode the terminal hands over each key as it is; so editing and Ctrl+C are done here. */
function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  const line = Promise.withResolvers<string>();
  const typed: string[] = [];
  const take = (text: string) => {
    for (const character of text) {
      if (character === END_OF_TEXT) line.reject(new AppError('cancelled', 'No passphrase was given.'));
      else if (ENDS.includes(character)) line.resolve(typed.join(''));
      else if (ERASES.includes(character)) typed.pop();
      else if (character >= ' ') typed.push(character);
    }
  };
  // A question before this one has paused it.
  stdin.on('data', take).resume();
  return line.promise.finally(() => stdin.off('data', take));
}
