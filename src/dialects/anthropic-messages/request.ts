// Requests: what routing may know of one, and the edits a body gets without being translated. Decoding and encoding live beside.

import type { Body } from '../../body.ts';
import type { Envelope, Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { mayHoldSeals, sealMark } from '../../ir/seal.ts';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { carriedBy, type Marks } from '../carried.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { envelopeOf, streamOf } from '../envelope.ts';
import { openingOf } from '../opening.ts';
import { retarget as retargeted } from '../passing.ts';
import { dropSeals, withoutOrphanedThinking } from './drop-seals.ts';
import { fitThinking, thinkingPaths } from './fit-thinking.ts';
import { tellMade } from './made-blocks.ts';
import { decode } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { readClientSlot } from './seals.ts';
import { refuseThread } from './threads.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** Bodies of `/v1/messages` and of its counter, whose members are the same. */
export const request: RequestCodec = {
  envelope,
  opening: (body) => openingOf(body, { system: ['system'], turns: 'messages' }),
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
  types: {
    images: ['image'],
    documents: ['document'],
    'sealed-reasoning': ['thinking', 'redacted_thinking'],
  },
  tools: ['tools'],
  thinking: thinkingPaths,
};

function envelope(call: InboundCall): Envelope {
  const { body, operation } = call;
  const model = asString(body.get('model'));
  if (model === undefined || model === '') throw badRequest('model: the name of a model is expected.', 'model');
  const stream = operation === 'generate' && streamOf(body);
  return envelopeOf(call, { dialect: dialectId, model, stream, usageWanted: true });
}

/** Model and stream switch. Only Anthropic has threads. */
function retarget(body: Body, target: Target): Body {
  if (target.maker !== nativeMaker) refuseThread(body.get('thread'));
  return retargeted(body, target);
}

/** The end of `"signature":""`, a thinking block that no one signed: another maker's thought, which Anthropic refuses. */
const unsigned = ['ure":""', 're": ""'];
/** Quotes are rarer than letters: where no string is empty, the search ends many times sooner. */
const empty = '""';

function unseal(body: Body, maker: string, report: Report): Body {
  return openThoughts(tellMade(body, maker, report), maker, report);
}

function openThoughts(body: Body, maker: string, report: Report): Body {
  const { bytes } = body;
  const marked =
    mayHoldSeals(body) ||
    (maker === nativeMaker && bytes.includes(empty) && unsigned.some((text) => bytes.includes(text)));
  if (!marked) return body;
  const messages = asArray(body.get('messages'));
  if (!messages) return body;
  let changed = false;
  let removed = false;
  const unsealed = messages.flatMap((message): Json[] => {
    const content = asArray(asObject(message)?.content);
    if (!content) return [message];
    const kept = content.flatMap((block) => unsealBlock(block, maker) ?? []);
    if (kept.every((block, index) => block === content[index]) && kept.length === content.length) return [message];
    changed = true;
    removed ||= kept.length < content.length;
    return kept.length > 0 ? [{ ...asObject(message), content: kept }] : [];
  });
  if (removed)
    report({
      what: 'reasoning_history',
      why: 'Earlier thinking was done by a model of another maker, which alone can read it; it was left out.',
    });
  const edited = changed ? body.set('messages', unsealed, messages) : body;
  return removed ? withoutOrphanedThinking(edited, unsealed) : edited;
}

/** The block with the bare token where this maker made it; undefined where another did. Blocks without a mark stay the same object. */
function unsealBlock(block: Json, maker: string): Json | undefined {
  const thought = asObject(block);
  const slot = thought?.type === 'thinking' ? 'signature' : thought?.type === 'redacted_thinking' ? 'data' : undefined;
  const text = slot && asString(thought?.[slot]);
  if (text === '' && maker === nativeMaker) return undefined;
  if (!thought || !slot || !text?.startsWith(sealMark)) return block;
  const { seal, hangs } = readClientSlot(text);
  const bare: JsonObject = { ...thought, [slot]: seal.token };
  return seal.maker === maker && !hangs ? bare : undefined;
}
