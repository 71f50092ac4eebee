// A request into the dialect of its candidate, and a whole reply back: here and, for streams, in relay/flow.ts it is chosen whether
// to pass on or to translate. A translation always starts from the client's own body.

import { Body } from '../body.ts';
import type { Dialect, Reading, ReplyContext } from '../dialects/dialect.ts';
import type { Target } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { withoutSeals } from '../ir/bare.ts';
import { withWish } from '../ir/reasoning.ts';
import { repair } from '../ir/repair.ts';
import type { Reply } from '../ir/reply.ts';
import type { ChatRequest } from '../ir/request.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import type { JsonObject } from '../json.ts';
import { type Loss, once } from '../loss.ts';
import type { Exchange } from './exchange.ts';
import { cached } from './prompt-cache.ts';
import type { Route } from './route.ts';
import { fittedEdits, translatedEdits } from './thinking-edits.ts';

/** A request in the upstream's dialect: spliced where its client speaks that too, else written anew. */
export interface Translated {
  readonly body: Body;
  /** How tool names were rewritten for the target; absent where nothing was translated. */
  readonly names?: ToolNames;
  /** What the target's dialect cannot say. */
  readonly losses: readonly Loss[];
  /** What became of the wish to think, where it was not sent as it came. */
  readonly edits: readonly string[];
}

/** What is translated, and for whom. */
export interface Translating {
  readonly exchange: Pick<Exchange, 'body' | 'dialect' | 'envelope' | 'snapshot'>;
  readonly route: Pick<Route, 'dialect'>;
  readonly recall: (request: ChatRequest) => ChatRequest;
  /** Without the sealed reasoning that the history carries. */
  readonly unsealed: boolean;
}

/** The request as the upstream dialect says it, with the model and the stream switch of the target. */
export function translateRequest(translating: Translating, target: Target): Translated {
  const { exchange, route } = translating;
  try {
    return exchange.dialect.id === route.dialect.id ? passed(translating, target) : translated(translating, target);
  } catch (thrown) {
    throw blamed(thrown, 'request');
  }
}

/** One dialect on both sides: spliced, never re-printed. */
function passed({ exchange, route, unsealed }: Translating, target: Target): Translated {
  const losses: Loss[] = [];
  const report = once((loss) => losses.push(loss));
  const { request } = route.dialect;
  const bare = unsealed ? request.dropSeals(exchange.body, report) : exchange.body;
  const own = request.unseal(bare, target.maker, report);
  const { operation } = exchange.envelope;
  const fitted = operation === 'embed' ? own : request.fitThinking(own, target, operation, report);
  return { body: request.retarget(fitted, target), losses, edits: fittedEdits(request, own, fitted) };
}

function translated({ exchange, route, recall, unsealed }: Translating, target: Target): Translated {
  const { body, dialect, envelope, snapshot } = exchange;
  const sticky = snapshot.settings.affinity.enabled;
  const upstream = route.dialect;
  const losses: Loss[] = [];
  const report = once((loss) => losses.push(loss));
  const counting = envelope.operation === 'count-tokens';
  const json = counting ? (dialect.count?.unwrap(body.json) ?? body.json) : body.json;
  const recalled = recall(withWish(dialect.request.decode(json, report), target.thinking));
  const bare = unsealed ? withoutSeals(recalled, report) : recalled;
  const { request, names } = repair(cached(bare, envelope, target, sticky), upstream, target, report);
  const encoded = upstream.request.retarget(Body.of(upstream.request.encode(request, target, report)), target);
  const wrapped = counting && upstream.count ? Body.of(upstream.count.wrap(encoded.json, target)) : encoded;
  return { body: wrapped, names, losses, edits: translatedEdits(dialect.request, body, upstream.request, encoded) };
}

/** The request in the IR, for counting it without an upstream. */
export function decodeRequest({ body, dialect }: Exchange): ChatRequest {
  try {
    return dialect.request.decode(dialect.count?.unwrap(body.json) ?? body.json, () => undefined);
  } catch (thrown) {
    throw blamed(thrown, 'request');
  }
}

/** Depth is a stranger's choice, and what walks a value or prints it has a stack that ends: that is the fault of whose value it is. */
export function blamed(thrown: unknown, whose: 'request' | 'reply'): unknown {
  if (!(thrown instanceof RangeError)) return thrown;
  return whose === 'request'
    ? new GatewayError('bad-request', 'The request is nested too deeply to be translated.', {
        code: 'nested_too_deeply',
        cause: thrown,
      })
    : new GatewayError('upstream', 'The upstream answered with something that is nested too deeply.', {
        cause: thrown,
      });
}

/** The 400 that a strict gateway answers instead of losing something. */
export function lossyTranslation(upstream: Dialect, losses: readonly Loss[]): GatewayError {
  const list = losses.map(({ what, where, why }) => `${where ?? what}: ${why}`).join(' ');
  return new GatewayError(
    'bad-request',
    `Strict mode: this request cannot be said in ${upstream.title} without loss. ${list}`,
    { code: 'lossy_translation', details: { losses } },
  );
}

/** What is known of a whole reply: all of it where it is translated, where it passes as it came what its bytes tell. */
export type WholeReply = { readonly reply: Reply } | { readonly reading: Reading };

/** Reads a whole body from upstream, as far as the client's dialect needs it. Throws the error that it holds. */
export function readReply(body: Body, upstream: Dialect, client: Dialect, maker: string): WholeReply {
  if (upstream.id !== client.id) return { reply: upstream.reply.decode(parsedReply(body), { maker }) };
  const reading = understood(() => upstream.reply.meter(body));
  if (reading.failure) throw reading.failure;
  return { reading };
}

/** A reply as a value. That it has members was seen before; what is within them is read only now. Throws `upstream`. */
export function parsedReply(body: Body): JsonObject {
  return understood(() => body.json);
}

/** Bytes that cannot be read are the request's fault where they are a request's: these are upstream's. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('upstream', 'The upstream answered with something that is no JSON.', { detail, cause });
  }
}

/** A whole reply as its client gets it. The context hears what its dialect cannot say. */
export function printReply(reply: Reply, client: Dialect, context: ReplyContext): Buffer {
  return Buffer.from(JSON.stringify(client.reply.encode(reply, context)));
}

/** The reply with the client's own tool names. */
export function restored(reply: Reply, names: ToolNames | undefined): Reply {
  return names ? names.restore(reply) : reply;
}
