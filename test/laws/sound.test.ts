// Sound goes where both dialects have it, and nowhere else in silence: what is heard is refused, what should be spoken is reported.

import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/dialects/index.ts';
import type { DialectId } from '../../src/envelope.ts';
import type { GatewayError } from '../../src/errors.ts';
import { repair } from '../../src/ir/repair.ts';
import type { JsonObject } from '../../src/json.ts';
import { contextFor, listener, targetFor } from '../support/fixtures.ts';
import { conversing } from '../support/manners.ts';

const data = 'UklGRg==';

/** The same question in each dialect that can be asked in sound. */
const spoken: readonly (readonly [DialectId, JsonObject])[] = [
  [
    'openai-chat',
    {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data, format: 'wav' } }] }],
    },
  ],
  ['gemini', { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data } }] }] }],
];

const heard: Readonly<Partial<Record<DialectId, JsonObject>>> = {
  'openai-chat': { type: 'input_audio', input_audio: { data, format: 'wav' } },
  gemini: { inlineData: { mimeType: 'audio/wav', data } },
};

describe.each(spoken)('a question spoken in %s', (from, body) => {
  it.each(conversing)('is heard by a model of %s, or refused', (to) => {
    const target = targetFor(dialectOf(to));
    const translate = (): string => {
      const asked = dialectOf(from).request.decode(body, () => undefined);
      const { request } = repair(asked, dialectOf(to), target, () => undefined);
      return JSON.stringify(dialectOf(to).request.encode(request, target, () => undefined));
    };
    if (heard[to]) expect(translate()).toContain(JSON.stringify(heard[to]));
    else expect(translate).toThrow(expect.objectContaining<Partial<GatewayError>>({ kind: 'bad-request' }));
  });
});

describe('a spoken reply', () => {
  it.each<readonly [DialectId, JsonObject, readonly string[]]>([
    [
      'openai-chat',
      { model: 'm', messages: [{ role: 'user', content: 'x' }], modalities: ['text', 'audio'], audio: { voice: 'a' } },
      ['modalities', 'audio'],
    ],
    [
      'gemini',
      {
        contents: [{ role: 'user', parts: [{ text: 'x' }] }],
        generationConfig: { responseModalities: ['AUDIO'], speechConfig: { languageCode: 'de' } },
      },
      ['speech_config', 'modalities'],
    ],
  ])('that a client of %s asks for is reported', (id, body, lost) => {
    const { report, losses } = listener();
    dialectOf(id).request.decode(body, report);
    expect(losses.map(({ what }) => what)).toEqual(lost);
  });

  it.each(conversing)('that comes all the same is shown to a client of %s, or reported', (id) => {
    const { report, losses } = listener();
    const part = { type: 'media', mediaType: 'audio/wav', source: { data } } as const;
    const reply = { id: 'r', model: 'm', parts: [part], finish: { reason: 'stop' } } as const;
    const body = JSON.stringify(dialectOf(id).reply.encode(reply, contextFor(dialectOf(id), report)));
    expect([body.includes(data), losses.map(({ what }) => what)]).toEqual(
      id === 'gemini' ? [true, []] : [false, ['media']],
    );
  });
});
