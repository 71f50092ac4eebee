// Requests to generateContent: what routing reads of them, and the edits of a body that stays in this dialect. Translation
// itself is in request-decode.ts and request-encode.ts.

import type { Body } from '../../body.ts';
import type { Carried, Envelope, Operation, Target } from '../../envelope.ts';
import { badRequest, GatewayError } from '../../errors.ts';
import { asObject } from '../../json.ts';
import { carriedBy, type Marks } from '../carried.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { envelopeOf } from '../envelope.ts';
import { openingOf } from '../opening.ts';
import { fitThinking, thinkingPaths } from './fit-thinking.ts';
import { decode } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { dropSeals, unseal, vouch, withoutCallIds, withoutEmptyTexts } from './seals.ts';
import { demandsSeals } from './thinking.ts';
import { dialectId } from './wire.ts';

/** What a path may end in, behind its last colon, and what it asks for. */
export const actions: ReadonlyMap<string, Operation> = new Map([
  ['generateContent', 'generate'],
  ['streamGenerateContent', 'generate'],
  ['countTokens', 'count-tokens'],
  ['embedContent', 'embed'],
  ['batchEmbedContents', 'embed'],
]);

/** Bodies of generateContent and the actions beside it; which model and whether to stream stand in the path. */
export const request: RequestCodec = {
  envelope,
  opening: (body) => openingOf(body, { system: ['systemInstruction', 'system_instruction'], turns: 'contents' }),
  carried,
  decode,
  encode,
  retarget,
  fitThinking,
  thinking: thinkingPaths,
  unseal,
  dropSeals,
};

const marks: Marks = {
  keys: { 'sealed-reasoning': ['thoughtSignature', 'thought_signature'] },
  tools: ['tools'],
  thinking: thinkingPaths,
};
/** Media are told apart by their types alone. */
const media: Marks = {
  starts: { images: ['image/'], documents: ['application/pdf', 'text/'], audio: ['audio/'], video: ['video/'] },
};
const holders = ['"inlin', '"fileD', '"file_'];

/** A text may begin like a media type: only where there are media do those count. */
function carried(body: Body): ReadonlySet<Carried> {
  const found = carriedBy(body, marks);
  if (!holders.some((holder) => body.bytes.includes(holder))) return found;
  return new Set([...found, ...carriedBy(body, media)]);
}

/** The path says the model and the action (`…/models/gemini-2.5-pro:generateContent`); the query how a stream is framed. */
function envelope(call: InboundCall): Envelope {
  const { model, action } = readPath(call.path);
  const operation = actions.get(action);
  if (!operation)
    throw new GatewayError(
      'not-found',
      `There is no action "${action}" here. Known: ${[...actions.keys()].join(', ')}.`,
    );
  const framing = (call.query.get('alt') ?? call.query.get('$alt')) === 'sse' ? 'sse' : 'json-array';
  return envelopeOf(call, {
    dialect: dialectId,
    operation,
    model,
    stream: action === 'streamGenerateContent',
    framing,
    usageWanted: true,
    ...(operation === 'embed' && { action }),
  });
}

/** The part of the path behind `/models/`: a model id, which may hold slashes and colons, and after its last colon the action. */
function readPath(path: string): { readonly model: string; readonly action: string } {
  const start = path.indexOf('/models/');
  const named = decoded(start < 0 ? path : path.slice(start + '/models/'.length));
  const colon = named.lastIndexOf(':');
  if (colon < 0)
    throw new GatewayError(
      'not-found',
      `The path must end in an action, as in ":generateContent". Known: ${[...actions.keys()].join(', ')}.`,
    );
  const model = named.slice(0, colon).replace(/^models\//, '');
  if (model === '') throw badRequest('The path names no model before its action.', 'model');
  return { model, action: named.slice(colon + 1) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest('The path is not well percent-encoded.', 'model');
  }
}

/**
 * The model stands in the path, so that only what the service would refuse is touched: members that name another model, the
 * gateway's own extras, empty texts, ids where the accent forbids them, calls without the signature that Gemini 3 demands.
 */
function retarget(body: Body, target: Target): Body {
  const name = `models/${target.model}`;
  let edited = body;
  for (const extra of ['model', 'stream', 'session_id', 'sessionId'])
    if (edited.has(extra)) edited = edited.without(extra);
  for (const wrapper of ['generateContentRequest', 'generate_content_request'])
    if (edited.has(wrapper)) edited = edited.set([wrapper, 'model'], name);
  if (edited.has('requests')) edited = retargetEach(edited, name);
  if (target.accent.noCallIds) edited = withoutCallIds(edited);
  edited = withoutEmptyTexts(edited);
  return demandsSeals(target) ? vouch(edited) : edited;
}

/** `batchEmbedContents` names the model in each of its requests. */
function retargetEach(body: Body, model: string): Body {
  const requests = body.get('requests');
  if (!Array.isArray(requests) || requests.every((entry) => asObject(entry)?.model === model)) return body;
  return body.set(
    'requests',
    requests.map((entry) => ({ ...asObject(entry), model })),
  );
}
