import { describe, expect, it } from 'vitest';
import { contextFor, eventsOf } from '../../../test/support/fixtures.ts';
import { Body } from '../../body.ts';
import { replay } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import { type JsonObject, parseObject } from '../../json.ts';
import { gemini } from './index.ts';

const { reply, stream } = gemini;
const google = { maker: 'google' };
const text = { content: { parts: [{ text: 'Half.' }], role: 'model' } };

function ended(finishReason: string, more: JsonObject = {}): JsonObject {
  return {
    candidates: [{ ...more, finishReason, finishMessage: 'call:f(x' }],
    usageMetadata: { promptTokenCount: 3 },
    responseId: 'r',
  };
}

describe('a refusal of others', () => {
  it('is the reason that Gemini has for it, whole and streaming', () => {
    const declined: Reply = {
      id: 'r',
      model: 'm',
      parts: [{ type: 'text', text: 'No.', refusal: true }],
      finish: { reason: 'stop', raw: 'stop' },
    };
    const whole = reply.encode(declined, contextFor(gemini));
    expect(whole.candidates).toMatchObject([{ content: { parts: [{ text: 'No.' }] }, finishReason: 'SAFETY' }]);
    const encode = stream.encoder(contextFor(gemini));
    const frames = replay(declined).flatMap((event) => encode(event));
    expect(parseObject(frames.at(-1)?.data ?? '')?.candidates).toMatchObject([{ finishReason: 'SAFETY' }]);
  });
});

describe('a reply that ends in a call that is none', () => {
  const reasons = ['MALFORMED_FUNCTION_CALL', 'MALFORMED_RESPONSE', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'];

  it.each(reasons)('fails with %s, and tells what the service says of it', (reason) => {
    const message = `The upstream broke off its reply (${reason}): call:f(x`;
    for (const more of [{}, text]) {
      const body = ended(reason, more);
      expect(() => reply.decode(body, google)).toThrow(message);
      const told = eventsOf(stream.decoder(google), [{ data: JSON.stringify(body) }]);
      expect(told.at(-1)).toMatchObject({ type: 'failure', error: { kind: 'upstream', message } });
      expect(told.some((event) => event.type === 'usage')).toBe(true);
    }
  });

  it('is for clients of its own dialect what it says itself', () => {
    expect(reply.meter(Body.of(ended('MALFORMED_FUNCTION_CALL')))).toMatchObject({
      ended: true,
      finish: { reason: 'other', raw: 'MALFORMED_FUNCTION_CALL' },
    });
  });

  it('fails in other words only where nothing was said', () => {
    expect(() => reply.decode(ended('OTHER'), google)).toThrow('(OTHER)');
    expect(reply.decode(ended('OTHER', text), google).finish).toEqual({ reason: 'other', raw: 'OTHER' });
  });
});
