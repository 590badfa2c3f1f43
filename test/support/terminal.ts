import { spawn } from 'node:child_process';

export type Dialogue = readonly (readonly [waitFor: string, typed: string])[];

/** Node.js has no call for a terminal of its own; Python's standard library has. Arguments: the dialogue as JSON, then the program. */
const IN_A_TERMINAL = `
import json, os, pty, sys
steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
pending = b""
while True:
    try:
        shown = os.read(terminal, 4096)
    except OSError:
        break
    if not shown:
        break
    os.write(1, shown)
    pending += shown
    while steps and steps[0][0].encode() in pending:
        pending = pending.split(steps[0][0].encode(), 1)[1]
        os.write(terminal, steps.pop(0)[1].encode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;

/**
 * Runs a program in a terminal, as a person at it does.
 * @param dialogue what is typed (`\r` is Enter), each when the text before it has appeared
 * @returns what the terminal showed, and the exit code
 */
export function atTerminal(
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
  dialogue: Dialogue,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', IN_A_TERMINAL, JSON.stringify(dialogue), ...program], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, shown }));
  });
}
