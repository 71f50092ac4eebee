import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asString,
  compact,
  isObject,
  objects,
  parseJson,
  parseObject,
} from './json.ts';

fc.configureGlobal({ seed: 20_261_122 });

describe('parseJson', () => {
  it('agrees with JSON.parse for whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('prints back every digit of any number', () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,20})?$/).filter((text) => text !== '-0');
    fc.assert(
      fc.property(digits, (number) => {
        const printed = JSON.stringify(parseJson(`{"n":[${number}]}`));
        if (number.length >= 16) expect(printed).toBe(`{"n":[${number}]}`);
        else expect(printed).toBe(JSON.stringify({ n: [Number(number)] }));
      }),
    );
  });

  it('keeps a long number usable as a number', () => {
    const value = parseObject('{"id":12345678901234567890,"plain":12}') ?? {};
    expect(asNumber(value.id)).toBe(12345678901234567000);
    expect(asNumber(value.plain)).toBe(12);
    expect(isObject(value.id)).toBe(false);
  });

  it.each(['1e400', '1E-400', '-1.5e+999', '12E0400', '9e999999', '0.1e-999'])(
    'keeps %s, which no double holds',
    (number) => {
      for (const text of [number, `[${number}]`, `{"n":${number}}`, `{"n":${number},"m":1}`])
        expect(JSON.stringify(parseJson(text))).toBe(text);
      expect(JSON.stringify(parseJson(`[ ${number} ,\n${number}\n]`))).toBe(`[${number},${number}]`);
    },
  );

  it.each(['"1e400"', '"toolu_01E400"', '"a 1e400, b"', '{"1e400":"x1e400"}', '[1e10,1e-10,400]'])(
    'gives %s as JSON.parse does',
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );

  it('does not mistake long runs in text for numbers', () => {
    expect(parseJson('{"base64":"eeee1111EEEE2222....----"}')).toEqual({ base64: 'eeee1111EEEE2222....----' });
  });
});

describe('reading values of unknown shape', () => {
  it('never throws and gives only what was asked for', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const read of [asString, asNumber, asBoolean, asArray, asObject]) {
          const found: unknown = read(value);
          if (found !== undefined) expect(found).toBe(value);
        }
        for (const object of objects(value)) expect(isObject(object)).toBe(true);
      }),
    );
  });

  it('counts neither null nor arrays nor broken text as objects', () => {
    expect(asObject(null)).toBeUndefined();
    expect(asObject([])).toBeUndefined();
    expect(objects([1, {}, null, [], { a: 1 }])).toEqual([{}, { a: 1 }]);
    expect(parseObject('{"a":')).toBeUndefined();
    expect(parseObject('[]')).toBeUndefined();
    expect(asNumber(Number.NaN)).toBeUndefined();
  });

  it('compact leaves out only what is undefined', () => {
    expect(Object.keys(compact({ a: undefined, b: null, c: 0, d: '' }))).toEqual(['b', 'c', 'd']);
  });
});
