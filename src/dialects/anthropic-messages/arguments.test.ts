import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, parseJson } from '../../json.ts';
import { argumentsObject, argumentsText } from './arguments.ts';

const members = fc.dictionary(fc.string(), fc.jsonValue());

describe('arguments', () => {
  it('come back as they went, digits and all', () => {
    fc.assert(
      fc.property(members, (value) => {
        const text = JSON.stringify(value);
        expect(argumentsText(argumentsObject(text, () => expect.unreachable()))).toBe(JSON.stringify(parseJson(text)));
      }),
    );
    expect(argumentsText(argumentsObject('{"id":12345678901234567890}', () => undefined))).toBe(
      '{"id":12345678901234567890}',
    );
  });

  it('are always an object, wherever they were cut', () => {
    fc.assert(
      fc.property(members, fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        const part = text.slice(0, cut % (text.length + 1));
        const object = argumentsObject(part, () => undefined);
        expect(isObject(object)).toBe(true);
        if (part !== '') expect(() => JSON.stringify(object)).not.toThrow();
      }),
    );
  });

  it.each([
    ['{"command":"echo \\"hi', { command: 'echo "hi' }],
    ['{"a":"x\\', { a: 'x' }],
    ['{"a":"x\\\\', { a: 'x\\' }],
    ['{"a":"\\u00e', { a: '' }],
    ['{"a":[1,{"b":2}', { a: [1, { b: 2 }] }],
    ['{"a":1,', { a: 1 }],
    ['{"a":', { a: null }],
    ['{"a":tr', { _raw: '{"a":tr' }],
    ['', {}],
    ['null', {}],
    ['[1]', { _raw: '[1]' }],
  ])('%s', (text, expected) => {
    expect(argumentsObject(text, () => undefined)).toEqual(expected);
  });
});
