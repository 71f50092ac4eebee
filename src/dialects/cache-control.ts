// Anthropic's prompt-cache mark, which clients and routers of other dialects carry as an extension of theirs.

import type { CacheMark } from '../ir/request.ts';
import { asObject, type JsonObject } from '../json.ts';

/** The mark as it is written. Without `ttl` it holds for five minutes. */
export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' };

/** The mark on a block, tool or request, if it has one. */
export function readCacheControl(holder: JsonObject): CacheMark | undefined {
  const mark = asObject(holder.cache_control);
  return mark && (mark.ttl === '5m' || mark.ttl === '1h' ? { ttl: mark.ttl } : {});
}

/** The mark as it goes on a block, tool or request; `ephemeral` is the only type there is. */
export function writeCacheControl({ ttl }: CacheMark): CacheControl {
  return { type: 'ephemeral', ...(ttl && { ttl }) };
}
