import type { AppError } from './app-error.ts';

/**
 * The query of a URL among the settings. What is not known is refused rather than passed over: a misspelt `ca` would be trusted to be there.
 * @param refused makes the error that is thrown, from words that quote no value: somebody may have written a secret into it
 */
export function readUrlQuery<Name extends string>(
  query: string,
  known: readonly Name[],
  refused: (why: string) => AppError,
): { readonly [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const [name, value] of new URLSearchParams(query.replaceAll('+', '%2B'))) {
    const key = known.find((one) => one === name);
    if (key === undefined) throw refused(`after the "?", only ${known.join(', ')} can stand`);
    if (found[key] !== undefined) throw refused(`${key} is in it twice`);
    if (value === '') throw refused(`${key} is empty`);
    found[key] = value;
  }
  return found;
}
