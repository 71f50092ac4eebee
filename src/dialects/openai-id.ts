// Ids that OpenAI takes in both of its dialects: an end user's, and the key of a prompt cache.

import { fingerprint } from '../ir/fingerprint.ts';

/** OpenAI answers 400 to a longer one. */
const longest = 64;

/** The id, or a short one in its place: all that matters of it is that it stays the same. */
export function openAiId(id: string | undefined): string | undefined {
  return id === undefined || id.length <= longest ? id : fingerprint(id);
}
