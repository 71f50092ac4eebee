import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';

describe('arguments', () => {
  it('are what was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(readArguments(text)).toEqual({ args: JSON.parse(text), intact: true });
      }),
    );
  });

  it('are always an object, wherever the text was cut', () => {
    const text = '{"path":"a\\"b","lines":[1,{"n":2.5e3},"x,y"],"ok":true,"none":null}';
    for (let end = 0; end < text.length; end++) {
      const { args, intact } = readArguments(text.slice(0, end));
      expect(typeof args).toBe('object');
      expect(intact).toBe(end === 0);
    }
    expect(readArguments(text.slice(0, text.indexOf('"x,') + 2)).args).toEqual({
      path: 'a"b',
      lines: [1, { n: 2.5e3 }, 'x'],
    });
    expect(readArguments('{"a":1,"b":tr').args).toEqual({ a: 1 });
    expect(readArguments('not json')).toEqual({ args: { _raw: 'not json' }, intact: false });
    expect(readArguments('[1]')).toEqual({ args: {}, intact: false });
  });
});
