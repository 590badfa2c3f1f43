import { AppError } from '../core/index.ts';

/**
 * The query of a KMS URL. What is not known is refused rather than passed over: a misspelt `ca` would be trusted to be there.
 * @throws AppError `invalid-argument` that names no value
 */
export function readKmsQuery<Name extends string>(
  query: string,
  known: readonly Name[],
): { readonly [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const [name, value] of new URLSearchParams(query.replaceAll('+', '%2B'))) {
    const key = known.find((one) => one === name);
    if (key === undefined) throw refusedUrl(`after the "?", only ${known.join(', ')} can stand`);
    if (found[key] !== undefined) throw refusedUrl(`${name} is in it twice`);
    if (value === '') throw refusedUrl(`${name} is empty`);
    found[key] = value;
  }
  return found;
}

/** @param why in words that quote nothing of the URL: somebody may have written a secret into it */
export function refusedUrl(why: string): AppError {
  return new AppError('invalid-argument', `the URL cannot be used: ${why}`);
}
