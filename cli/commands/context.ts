import type { Control } from '../control.ts';
import type { Output } from '../output.ts';

/** What every command needs; made from the global flags when the command runs. */
export type CommandContext = {
  readonly control: () => Control;
  readonly output: () => Output;
};
