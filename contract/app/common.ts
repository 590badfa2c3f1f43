import { z } from 'zod';

/** An identifier of ours: a lower-case UUID. */
export const id = z.uuid().describe('Identifier (UUID)');

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime().describe('Instant, ISO 8601, UTC');

/** A name that people give to a thing: metadata, so no place for content. */
export const displayName = z.string().trim().min(1).max(120);
export const description = z.string().max(1000);

/**
 * What a list says of a field in its address that it does not take there. Addresses are in logs of proxies and in histories of browsers, so
 * words to look for are sent in a body.
 * @param search the operation whose body takes them
 */
export const wordsGoTo = (search: string): string =>
  `is not taken in an address; what to look for goes into the body of ${search}`;

/** Short enough for an address: percent-encoded, a character may be twelve, and the head of a request has 16 KiB. */
export const cursor = z.string().max(500).optional().describe('`nextCursor` of the page before, of the same list');

/** An error, RFC 9457 problem details. */
export const problem = z.object({
  type: z.string().describe('`urn:cloister:error:<code>`'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What went wrong and what to do, for people'),
  code: z.string(),
  reason: z.string().optional(),
  fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  trace: z.string().describe('Quote this to the operator: it finds the log lines of the request'),
});
export type Problem = z.infer<typeof problem>;
