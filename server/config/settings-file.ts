import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/**
 * Reads a JSON file that a setting names.
 * @param faults all that is wrong with it is added there, with its place
 */
export function readSettingsFile<T>(
  variable: string,
  path: string,
  schema: z.ZodType<T>,
  faults: string[],
): T | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${variable}: "${path}" ${code === undefined ? 'is not JSON' : `cannot be read (${code})`}`);
    return undefined;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  faults.push(...result.error.issues.map((issue) => `${variable}: ${placeOf(issue.path)}${issue.message}`));
  return undefined;
}

/** `[0].roles[1].role ` */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return place === '' ? '' : `${place} `;
}
