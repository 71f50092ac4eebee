// Requests: what routing may know of one, the way in and out of the IR, and the edits that a body passed through still gets.

import type { Envelope } from '../../envelope.ts';
import { carriedBy, type Marks } from '../carried.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { envelopeOf, streamOf } from '../envelope.ts';
import { asksForUsage, modelOf, retarget } from '../openai-choices.ts';
import { openingOf } from '../opening.ts';
import { dropSeals } from './drop-seals.ts';
import { fitThinking, thinkingPaths } from './fit-thinking.ts';
import { decode, wrongDoor } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { unseal } from './unseal.ts';
import { dialectId } from './wire.ts';

/** Bodies of `/v1/chat/completions`, and as far as their envelope goes of `/v1/embeddings`. */
export const request: RequestCodec = {
  envelope,
  opening: (body) => openingOf(body, { turns: 'messages' }),
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
  types: { images: ['image_url'], documents: ['file'], audio: ['input_audio'], video: ['video_url'] },
  keys: { 'sealed-reasoning': ['reasoning_details', 'reasoning_opaque', 'thought_signature'] },
  tools: ['tools', 'functions'],
  thinking: thinkingPaths,
};

function envelope(call: InboundCall): Envelope {
  const { operation, body } = call;
  const model = modelOf(body);
  if (operation === 'generate' && !body.has('messages') && (body.has('input') || body.has('instructions')))
    throw wrongDoor();
  const stream = operation === 'generate' && streamOf(body);
  return envelopeOf(call, { dialect: dialectId, model, stream, usageWanted: asksForUsage(body) });
}
