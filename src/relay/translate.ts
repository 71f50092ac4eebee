// A request into the dialect of its candidate, and a whole reply back: with relay/flow.ts the only places that ask whether both
// sides speak one dialect. A translation always starts from the client's own body.

import { Body } from '../body.ts';
import type { Dialect, ReplyContext } from '../dialects/dialect.ts';
import type { Target } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { repair } from '../ir/repair.ts';
import type { Reply } from '../ir/reply.ts';
import type { ChatRequest } from '../ir/request.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import type { Loss, Report } from '../loss.ts';
import type { Exchange } from './exchange.ts';

export interface Translated {
  readonly body: Body;
  /** How tool names were rewritten for the target; absent where nothing was translated. */
  readonly names?: ToolNames;
  /** What the target's dialect cannot say. */
  readonly losses: readonly Loss[];
}

/** The request as the upstream dialect says it, with the model and the stream switch of the target. */
export function translateRequest(
  exchange: Exchange,
  upstream: Dialect,
  target: Target,
  recall: (request: ChatRequest) => ChatRequest,
): Translated {
  const { body, dialect, envelope } = exchange;
  const losses: Loss[] = [];
  const report = reporter(losses);
  const counting = envelope.operation === 'count-tokens';
  if (dialect.id === upstream.id) {
    const unsealed = upstream.request.unseal(body, target.maker, report);
    const retargeted =
      envelope.operation === 'generate' ? upstream.request.retarget(unsealed, target) : renamed(unsealed, target);
    return { body: retargeted, losses };
  }
  const json = counting ? (dialect.count?.unwrap(body.json) ?? body.json) : body.json;
  const decoded = recall(dialect.request.decode(json, report));
  const { request, names } = repair(decoded, upstream, target, report);
  const encoded = upstream.request.retarget(Body.of(upstream.request.encode(request, target, report)), target);
  const wrapped = counting && upstream.count ? Body.of(upstream.count.wrap(encoded.json, target)) : encoded;
  return { body: wrapped, names, losses };
}

/** The request in the IR, for counting it without an upstream. */
export function decodeRequest({ body, dialect }: Exchange): ChatRequest {
  return dialect.request.decode(dialect.count?.unwrap(body.json) ?? body.json, () => undefined);
}

/** Reports each thing once per place. */
function reporter(losses: Loss[]): Report {
  const seen = new Set<string>();
  return (loss) => {
    const key = `${loss.what}\n${loss.where ?? ''}`;
    if (seen.has(key)) return;
    seen.add(key);
    losses.push(loss);
  };
}

/** The same body under the upstream's model id; for operations whose body names the model and has no other switch. */
function renamed(body: Body, target: Target): Body {
  return body.has('model') ? body.set('model', target.model) : body;
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

export interface WholeReply {
  readonly bytes: Buffer;
  readonly reply?: Reply;
}

/** A whole body from upstream as the client's dialect says it; untouched where both speak one dialect. */
export function translateReply(
  body: Body,
  upstream: Dialect,
  client: Dialect,
  maker: string,
  context: ReplyContext,
  names: ToolNames | undefined,
): WholeReply {
  if (upstream.id === client.id) {
    const { failure } = upstream.reply.meter(body);
    if (failure) throw failure;
    return { bytes: body.bytes };
  }
  const reply = restored(upstream.reply.decode(body.json, { maker }), names);
  return { bytes: printReply(reply, client, context), reply };
}

export function printReply(reply: Reply, client: Dialect, context: ReplyContext): Buffer {
  return Buffer.from(JSON.stringify(client.reply.encode(reply, context)));
}

/** The reply with the client's own tool names. */
export function restored(reply: Reply, names: ToolNames | undefined): Reply {
  return names ? names.restore(reply) : reply;
}
