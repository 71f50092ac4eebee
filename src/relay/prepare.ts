// The request half of an attempt: what would be sent to a candidate, and what the client should know of it. Pure, so that it can be
// explained without being sent.

import type { Body } from '../body.ts';
import type { Target, ThinkingWish } from '../envelope.ts';
import type { ChatRequest } from '../ir/request.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import type { Loss } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Resolution } from '../routing/names.ts';
import type { Exchange } from './exchange.ts';
import { applyOverrides, hasRules } from './overrides.ts';
import type { Route } from './route.ts';
import { lossyTranslation, translateRequest } from './translate.ts';

/** What a request is prepared from. */
export interface Preparing {
  readonly exchange: Pick<Exchange, 'body' | 'call' | 'dialect' | 'envelope' | 'snapshot' | 'strict'>;
  readonly candidate: Candidate;
  readonly route: Route;
  readonly resolution: Pick<Resolution, 'name' | 'thinking'>;
  /** Gives a decoded history back the sealed reasoning that its client did not carry. */
  readonly recall: (request: ChatRequest) => ChatRequest;
  /** Without the sealed reasoning that the history carries. */
  readonly unsealed: boolean;
}

/** A request as its candidate would get it, and what is to be said of it. */
export interface Prepared {
  readonly body: Body;
  /** Headers that the endpoint made of the body. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How tool names were rewritten for the target; absent where nothing was translated. */
  readonly names?: ToolNames | undefined;
  /** What the target's dialect cannot say, or its account cannot read. */
  readonly losses: readonly Loss[];
  /** What was set or taken away beyond the translation, in words. */
  readonly edits: readonly string[];
}

/** The call as it would be sent. Throws `bad-request` where it cannot be said there, or may not since it would lose something. */
export function prepare(preparing: Preparing): Prepared {
  const { exchange, candidate, route, resolution } = preparing;
  const { model } = candidate;
  const { envelope } = exchange;
  const target = targetOf(candidate, envelope.stream, candidate.thinking ?? resolution.thinking);
  const { body: said, names, losses, edits } = translateRequest(preparing, target);
  if (exchange.strict && losses.length > 0) throw lossyTranslation(route.dialect, losses);
  const shaped = route.endpoint.shape?.(said, route.call);
  const body = shaped?.body ?? said;
  const headers = shaped?.headers;
  const { payload } = exchange.snapshot.settings;
  if (!hasRules(payload)) return { body, headers, names, losses, edits };
  const overridden = applyOverrides(body, payload, {
    upstream: route.dialect.id,
    client: envelope.dialect,
    names: [model.id, resolution.name, envelope.model],
    header: exchange.call.header,
    original: exchange.body,
  });
  return { body: overridden.body, headers, names, losses, edits: [...edits, ...overridden.edits] };
}

function targetOf({ credential, model }: Candidate, stream: boolean, thinking: ThinkingWish | undefined): Target {
  const { maker, accent } = credential.provider;
  return { model: model.id, stream, limits: model.limits, maker, accent: credential.accent ?? accent, thinking };
}
