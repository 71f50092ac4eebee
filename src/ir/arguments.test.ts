import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject } from '../json.ts';
import { argumentText, readArguments } from './arguments.ts';

describe('arguments', () => {
  it('are what was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(readArguments(text)).toEqual({ args: JSON.parse(text) });
      }),
    );
  });

  it('are always an object, wherever the text was cut', () => {
    const text = '{"path":"a\\"b","lines":[1,{"n":2.5e3},"x,y"],"ok":true,"none":null}';
    for (let end = 0; end < text.length; end++) {
      const { args, flaw } = readArguments(text.slice(0, end));
      expect(typeof args).toBe('object');
      expect(flaw === undefined).toBe(end === 0);
    }
    expect(readArguments(text.slice(0, text.indexOf('"x,') + 2)).args).toEqual({
      path: 'a"b',
      lines: [1, { n: 2.5e3 }, 'x'],
    });
    expect(readArguments('{"a":1,"b":tr')).toEqual({ args: { a: 1 }, flaw: 'closed' });
    expect(readArguments('{"a":1,"b')).toEqual({ args: { a: 1 }, flaw: 'closed' });
    expect(readArguments('not json')).toEqual({ args: { _raw: 'not json' }, flaw: 'unreadable' });
    for (const other of ['[1]', '"x"', '7'])
      expect(readArguments(other)).toEqual({ args: { _raw: other }, flaw: 'unreadable' });
    expect(readArguments('null')).toEqual({ args: {} });
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
  ])('that broke off are closed: %s', (text, args) => {
    expect(readArguments(text).args).toEqual(args);
  });

  it('are an object wherever any others were cut', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        expect(isObject(readArguments(text.slice(0, cut % text.length)).args)).toBe(true);
      }),
    );
  });

  it('keep their digits', () => {
    const text = '{"id":12345678901234567890}';
    expect(JSON.stringify(readArguments(text).args)).toBe(text);
  });

  it('are text, whoever sends them', () => {
    expect([argumentText('{"a":1}'), argumentText({ a: 1 }), argumentText(null), argumentText(undefined)]).toEqual([
      '{"a":1}',
      '{"a":1}',
      '',
      '',
    ]);
  });
});
