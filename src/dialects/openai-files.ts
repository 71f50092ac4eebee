// What OpenAI wants a file to be called that is sent inline.

import { endingOf } from '../ir/media.ts';
import type { MediaPart } from '../ir/request.ts';

/**
 * It must be called something, and the service goes by the ending ("Expected context stuffing file type to be a supported format"):
 * titles of other vendors' documents have none.
 */
export function fileNameOf({ name = 'document', mediaType }: Pick<MediaPart, 'name' | 'mediaType'>): string {
  return /\.[a-z][a-z0-9]*$/i.test(name) ? name : `${name}.${endingOf(mediaType)}`;
}
