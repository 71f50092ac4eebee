// The responses a Responses service stores, so that `previous_response_id` continues a conversation.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asString, objects } from '../json.ts';
import { inputItems } from './responses-ask.ts';
import { refuse } from './speaker.ts';

const remembered = 500;

/** The last 500 responses, by their ids. */
interface Conversations {
  /** The request with what its `previous_response_id` stands for put before its input. Refuses an unknown id. */
  continued(body: JsonObject): JsonObject;
  /** Remembers an answer, unless the request said not to store it. */
  keep(body: JsonObject, response: JsonObject): void;
  clear(): void;
}

/** A service that has stored nothing yet. */
export function conversations(): Conversations {
  const stored = new Map<string, readonly Json[]>();
  return {
    continued(body) {
      const id = asString(body.previous_response_id);
      if (id === undefined) return body;
      const before = stored.get(id);
      if (before === undefined)
        refuse(`Previous response with id '${id}' not found.`, {
          param: 'previous_response_id',
          code: 'previous_response_not_found',
        });
      return { ...body, input: [...before, ...inputItems(body)] };
    },
    keep(body, response) {
      const id = asString(response.id);
      if (id === undefined || body.store === false) return;
      stored.set(id, [...(asArray(body.input) ?? inputItems(body)), ...objects(response.output)]);
      for (const oldest of stored.keys()) {
        if (stored.size <= remembered) break;
        stored.delete(oldest);
      }
    },
    clear: () => stored.clear(),
  };
}
