// Responses that the gateway stores because no upstream does: what `previous_response_id`, `GET` and `DELETE /v1/responses/{id}`
// and `item_reference` refer to when the model behind them speaks another dialect. Bounded in bytes and time; each belongs to the
// key that made it.

import { LRUCache } from 'lru-cache';
import type { Body } from '../body.ts';
import type { ReplyContext } from '../dialects/dialect.ts';
import { collect } from '../ir/fold.ts';
import type { ReplyEvent } from '../ir/reply.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects } from '../json.ts';
import type { Exchange } from './exchange.ts';
import { inputItems } from './input-items.ts';

const reference = 'item_reference';

interface Stored {
  /** Who may see it: the fingerprint of a client key. */
  readonly owner: string;
  /** Everything said up to this response, as input items. */
  readonly input: readonly Json[];
  readonly response: JsonObject;
}

/** Responses by their ids. An id of another client's is as good as unknown. */
export interface StoredResponses {
  /** Whether the reply to a request is to be kept, should it be translated. */
  keeps(asked: Pick<Exchange, 'body' | 'dialect' | 'envelope'>): boolean;
  /** The body with stored items put in place of `previous_response_id` and references; unchanged where the ids are not ours. */
  resolve(body: Body, owner: string): Body;
  /** The response as its client has it, whole also where it was streamed; undefined where none is kept. */
  get(id: string, owner: string): JsonObject | undefined;
  /** All that was said before the response, what it went on from included; undefined where none is kept. */
  inputOf(id: string, owner: string): readonly Json[] | undefined;
  /** Forgets it. False: none was kept. */
  delete(id: string, owner: string): boolean;
  /** Hears a translated reply that is to be kept. */
  listener(exchange: Exchange, context: ReplyContext): ((event: ReplyEvent) => void) | undefined;
}

/** `lifetime` is in milliseconds; nothing is kept for 0, neither of time nor of bytes. */
export function createStoredResponses(maxBytes: number, lifetime: number): StoredResponses {
  /** Which response each item came with. */
  const sources = new Map<string, string>();
  const stored = new LRUCache<string, Stored>({
    maxSize: Math.max(1, Math.floor(maxBytes)),
    ttl: Math.max(1, Math.round(lifetime)),
    sizeCalculation: ({ input, response }) => JSON.stringify(input).length + JSON.stringify(response).length,
    onInsert: ({ response }, id) => {
      for (const item of itemIds(response)) sources.set(item, id);
    },
    dispose: ({ response }) => {
      for (const item of itemIds(response)) sources.delete(item);
    },
  });
  const find = (id: string, owner: string): Stored | undefined => {
    const entry = stored.get(id);
    return entry?.owner === owner ? entry : undefined;
  };
  const keeps: StoredResponses['keeps'] = ({ body, dialect, envelope }) =>
    Boolean(dialect.storesReplies && maxBytes > 0 && lifetime > 0) &&
    envelope.operation === 'generate' &&
    body.get('store') !== false;
  const continued = (body: Body, owner: string): Body => {
    const id = asString(body.get('previous_response_id'));
    const previous = id === undefined ? undefined : find(id, owner);
    if (!previous) return body;
    const history = [...previous.input, ...(asArray(previous.response.output) ?? []), ...inputItems(body.get('input'))];
    return body.without('previous_response_id').set('input', history);
  };
  const itemOf = (id: string, owner: string): Json | undefined =>
    objects(find(sources.get(id) ?? '', owner)?.response.output).find((item) => item.id === id);
  const dereference = (body: Body, owner: string): Body => {
    // Most conversations refer to nothing, and are not parsed here.
    if (sources.size === 0 || !body.bytes.includes(reference)) return body;
    const input = inputItems(body.get('input'));
    const items = input.map((item) => itemOf(referred(item) ?? '', owner) ?? item);
    return items.some((item, index) => item !== input[index]) ? body.set('input', items) : body;
  };
  return {
    keeps,
    resolve: (body, owner) => dereference(continued(body, owner), owner),
    get: (id, owner) => find(id, owner)?.response,
    inputOf: (id, owner) => find(id, owner)?.input,
    delete: (id, owner) => find(id, owner) !== undefined && stored.delete(id),
    listener(exchange, context) {
      const { body, dialect } = exchange;
      if (!keeps(exchange)) return undefined;
      const events: ReplyEvent[] = [];
      return (event) => {
        events.push(event);
        if (event.type !== 'finish') return;
        const response = dialect.reply.encode(collect(events), context);
        const id = asString(response.id);
        if (id !== undefined) stored.set(id, { owner: exchange.owner, input: inputItems(body.get('input')), response });
      };
    },
  };
}

const itemIds = (response: JsonObject): string[] => objects(response.output).flatMap((item) => asString(item.id) ?? []);

/** The id of the item that this one stands for. */
function referred(item: Json): string | undefined {
  const { type, id } = asObject(item) ?? {};
  return type === reference ? asString(id) : undefined;
}
