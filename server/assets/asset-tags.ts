import { invalidField } from '../core/index.ts';

const MOST_TAGS = 20;
const MOST_CHARACTERS = 40;

/**
 * Tags as they are kept: without blanks around them, each once (of two that differ in letter case, the first).
 * @throws AppError `invalid-argument` for an empty or too long one, or for too many
 */
export function readTags(tags: readonly string[]): readonly string[] {
  const kept = new Map<string, string>();
  for (const tag of tags.map((text) => text.trim())) {
    // UTF-16 units, as the contract counts them: an answer with a longer one would not be sent.
    if (tag.length < 1 || tag.length > MOST_CHARACTERS) {
      throw invalidField('tags', `each must have 1 to ${MOST_CHARACTERS} characters`);
    }
    const key = tag.toLowerCase();
    if (!kept.has(key)) kept.set(key, tag);
  }
  if (kept.size > MOST_TAGS) throw invalidField('tags', `must be ${MOST_TAGS} at most`);
  return [...kept.values()];
}
