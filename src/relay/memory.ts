// What the gateway must remember between requests because a client or an upstream cannot: stored responses, and sealed reasoning
// for clients that do not bring it back. Bounded in bytes and in time; lost at restart.

import type { ReplyContext } from '../dialects/dialect.ts';
import type { ReplyEvent } from '../ir/reply.ts';
import type { ChatRequest } from '../ir/request.ts';
import type { Exchange } from './exchange.ts';
import type { SealMemory } from './seal-memory.ts';
import type { StoredResponses } from './stored-responses.ts';

type Listener = (event: ReplyEvent) => void;

/** What earlier exchanges left that this one needs, and what it leaves itself. */
export interface Memory {
  /** Gives a decoded history back the sealed reasoning that its client did not carry. */
  recall(exchange: Exchange): (request: ChatRequest) => ChatRequest;
  /** Hears a translated reply as the client gets it; undefined where nothing is to be remembered. */
  listener(exchange: Exchange, context: ReplyContext): Listener | undefined;
}

const asItIs = (request: ChatRequest): ChatRequest => request;

/** Seals for clients whose dialect forgets them; for all others responses, where those are to be kept. */
export function createMemory(seals: SealMemory, responses: StoredResponses): Memory {
  const recalled = (request: ChatRequest): ChatRequest => seals.recall(request);
  return {
    recall: (exchange) => (exchange.dialect.forgetsSeals ? recalled : asItIs),
    listener(exchange, context) {
      if (exchange.dialect.forgetsSeals) return seals.listener();
      return responses.listener(exchange, context);
    },
  };
}
