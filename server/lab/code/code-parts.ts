/** Code in the parts that a notebook has a cell for each of. */
export type CodeParts = {
  readonly setUp: string;
  /** Empty where the prompt has no variables. */
  readonly variables: string;
  readonly prompt: string;
  readonly run: string;
  readonly notes: readonly string[];
};

/** The parts as one file. */
export function joinParts({ setUp, variables, prompt, run }: CodeParts): string {
  return `${[setUp, variables, prompt, run].filter((part) => part !== '').join('\n\n')}\n`;
}
