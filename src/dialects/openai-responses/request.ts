// Requests, both directions, and what is done to a body that stays in this dialect: model and stream set, seals opened.

import type { Body } from '../../body.ts';
import type { Envelope } from '../../envelope.ts';
import { mayHoldSeals, sealMark } from '../../ir/seal.ts';
import { asArray, asString, isObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { carriedBy, type Marks } from '../carried.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { envelopeOf, streamOf } from '../envelope.ts';
import { openingOf } from '../opening.ts';
import { retarget } from '../passing.ts';
import { ownThought } from './builtin.ts';
import { dropSeals } from './drop-seals.ts';
import { fault } from './error.ts';
import { tellMadeRuns } from './made-runs.ts';
import { decode } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { readSlot } from './slot.ts';
import { fitThinking, thinkingPaths } from './thinking.ts';
import { dialectId } from './wire.ts';

/** Bodies of `/v1/responses` and of its counter. */
export const request: RequestCodec = {
  envelope,
  opening: (body) => openingOf(body, { system: ['instructions'], turns: 'input' }),
  carried: (body) => carriedBy(body, marks),
  decode,
  encode,
  retarget,
  fitThinking,
  thinking: thinkingPaths,
  unseal,
  dropSeals,
};

const marks: Marks = {
  types: { images: ['input_image', 'computer_screenshot'], documents: ['input_file'], audio: ['input_audio'] },
  keys: { 'sealed-reasoning': ['encrypted_content'] },
  tools: ['tools'],
  thinking: thinkingPaths,
};

function envelope(call: InboundCall): Envelope {
  const model = call.body.get('model');
  if (typeof model !== 'string' || model === '') throw fault('model', 'is missing. Name the model to use.');
  const stream = call.operation === 'generate' && streamOf(call.body);
  return envelopeOf(call, { dialect: dialectId, model, stream, usageWanted: true });
}

function unseal(body: Body, maker: string, report: Report): Body {
  return openThoughts(tellMadeRuns(body, report), maker, report);
}

function openThoughts(body: Body, maker: string, report: Report): Body {
  if (!mayHoldSeals(body) && !body.bytes.includes(`"${ownThought.slice(0, 6)}`)) return body;
  const input = asArray(body.get('input'));
  if (!input?.some((item) => isMarked(item) || isOwnThought(item))) return body;
  const items = input.flatMap((item): Json[] => {
    if (!isMarked(item)) return isOwnThought(item) ? [] : [item];
    const opened = openItem(item, maker);
    return opened ? [opened] : [];
  });
  if (items.length < input.length)
    report({ what: 'reasoning_history', why: 'Thoughts of another vendor cannot be read here; they were left out.' });
  return body.set('input', items, input);
}

/** The text of another vendor's thought: OpenAI would look for its id in its store and answer 404. */
function isOwnThought(item: Json): boolean {
  if (!isObject(item) || item.type !== 'reasoning' || item.encrypted_content) return false;
  return asString(item.id)?.startsWith(ownThought) ?? false;
}

function isMarked(item: Json): item is JsonObject {
  if (!isObject(item) || item.type !== 'reasoning') return false;
  return asString(item.encrypted_content)?.startsWith(sealMark) ?? false;
}

/** The item with its token bare, where this maker made it for a reasoning item; undefined where it must go. */
function openItem(item: JsonObject, maker: string): JsonObject | undefined {
  const { seal, use } = readSlot(asString(item.encrypted_content) ?? '');
  return seal.maker === maker && use === 'thought' ? { ...item, encrypted_content: seal.token } : undefined;
}
