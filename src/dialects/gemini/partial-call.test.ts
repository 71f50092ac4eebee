import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../../test/support/fixtures.ts';
import { checkGrammar } from '../../../test/support/grammar.ts';
import { collect } from '../../ir/fold.ts';
import type { Part } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import { gemini } from './index.ts';

function partsOf(
  calls: readonly JsonObject[],
  finishReason = 'STOP',
  last: readonly JsonObject[] = [],
): readonly Part[] {
  const chunks = [...calls.map((functionCall) => [{ functionCall }]), ...last.map((part) => [part])].map((parts) => ({
    candidates: [{ content: { parts } }],
    responseId: 'r1',
  }));
  const end = { candidates: [{ content: { parts: [] }, finishReason }] };
  const frames = [...chunks, end].map((chunk) => ({ data: JSON.stringify(chunk) }));
  const events = eventsOf(gemini.stream.decoder({ maker: 'google' }), frames);
  expect(checkGrammar(events)).toEqual([]);
  return collect(events).parts;
}
const piece = (jsonPath: string, value: JsonObject): JsonObject => ({
  partialArgs: [{ jsonPath, ...value }],
  willContinue: true,
});
const call = (input: string): JsonObject => ({ type: 'tool-call', id: 'c', name: 'f', input });

describe('arguments that come in pieces', () => {
  it.each<[string, readonly JsonObject[], string]>([
    [
      'a text in several',
      [piece('$.a', { stringValue: 'on', willContinue: true }), piece('$.a', { stringValue: 'e' })],
      '{"a":"one"}',
    ],
    [
      'values of every kind',
      [piece('$.n', { numberValue: 0 }), piece('$.b', { boolValue: false }), piece('$.z', { nullValue: 'NULL_VALUE' })],
      '{"n":0,"b":false,"z":null}',
    ],
    [
      'places within places',
      [
        piece('$.a[0].b', { stringValue: 'x' }),
        piece('$.a[1].b', { stringValue: 'y' }),
        piece("$['c.d'].e", { numberValue: 1 }),
      ],
      '{"a":[{"b":"x"},{"b":"y"}],"c.d":{"e":1}}',
    ],
    ['names that objects know', [piece('$.__proto__.x', { boolValue: true })], '{"__proto__":{"x":true}}'],
    ['none at all', [], '{}'],
    [
      'a place that is none',
      [piece('nowhere', { numberValue: 1 }), piece('$.a[900000000]', { numberValue: 1 })],
      '{"a":[1]}',
    ],
  ])('are one call: %s', (_what, pieces, input) => {
    expect(partsOf([{ name: 'f', id: 'c', willContinue: true }, ...pieces, {}])).toEqual([call(input)]);
  });

  it('end with the next call, with a text, and with the reply', () => {
    const begun = { name: 'f', id: 'c', ...piece('$.a', { numberValue: 1 }) };
    const second = { name: 'f', id: 'd', args: {} };
    expect(partsOf([begun, second])).toEqual([call('{"a":1}'), { ...call('{}'), id: 'd' }]);
    expect(partsOf([begun], 'STOP', [{ text: 'Hm.' }])).toEqual([call('{"a":1}'), { type: 'text', text: 'Hm.' }]);
    expect(partsOf([begun])).toEqual([call('{"a":1}')]);
  });

  it('are no whole JSON where the reply ran into its limit', () => {
    const begun = { name: 'f', id: 'c', ...piece('$.a', { numberValue: 1 }) };
    expect(partsOf([begun], 'MAX_TOKENS')).toEqual([call('{"a":1')]);
    expect(partsOf([begun, {}], 'MAX_TOKENS')).toEqual([call('{"a":1}')]);
  });
});
