import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from './body.ts';
import { GatewayError } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Members } from './members.ts';

fc.configureGlobal({ seed: 20_261_122 });

function read(text: string): Members {
  return Body.read(Buffer.from(text)).members;
}

const space = fc.constantFrom('', ' ', '\n\t');
const name = fc.constantFrom('"a"', '"\\u0061"', '"ab"', '"b"', '"é"', '"\\""', '"length"', '"__proto__"', '""');
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u00e9\\n"', '"\\n"', '""', '"x"', 'true', 'false', 'null', '{}', '[]'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.maxSafeInteger().map(String),
  fc.constantFrom('0', '-0', '1.50', '999999999999999', '9999999999999999', '1e400', '12345678901234567890', '1E2'),
);
const value: fc.Memo<string> = fc.memo((depth) => (depth <= 1 ? scalar : fc.oneof(scalar, list(depth), object(depth))));
const list = fc.memo((depth) =>
  fc
    .tuple(fc.array(value(depth - 1), { maxLength: 4 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
);
const object = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(name, value(depth - 1)), { maxLength: 4 }), space)
    .map(([pairs, gap]) => `{${gap}${pairs.map(([key, told]) => `${key}${gap}:${gap}${told}`).join(`${gap},`)}${gap}}`),
);

const names = ['a', 'ab', 'b', 'é', '"', 'length', '__proto__', '', 'absent', 'toString'];

/** What is read where it stands is what the parser makes of the whole, at every depth. */
function agrees(members: Members, parsed: JsonObject): void {
  expect(JSON.stringify(members.json)).toBe(JSON.stringify(parsed));
  for (const key of names) {
    const told = Object.hasOwn(parsed, key) ? parsed[key] : undefined;
    expect(members.has(key)).toBe(Object.hasOwn(parsed, key));
    expect(JSON.stringify(members.get(key))).toBe(JSON.stringify(told));
    expect(Object.is(members.get(key), told) || typeof told === 'object').toBe(true);
    const within = members.object(key);
    expect(within !== undefined).toBe(isObject(told));
    if (within) agrees(within, told as JsonObject);
    const elements = Array.isArray(told) ? told.filter(isObject) : [];
    const seen: Members[] = [];
    expect(members.among(key, (element) => seen.push(element) < 0)).toBeUndefined();
    expect(seen.map(({ json }) => JSON.stringify(json))).toEqual(elements.map((element) => JSON.stringify(element)));
    seen.forEach((element, index) => {
      agrees(element, elements[index] ?? {});
    });
    expect(members.among(key, () => true)?.json).toEqual(elements[0]);
  }
}

describe('Members', () => {
  it('are what JSON.parse makes of them, the last twin winning', () => {
    fc.assert(fc.property(object(4), (text) => agrees(read(text), Body.read(Buffer.from(text)).json)));
  });

  it('tell numbers that are finite, however they are written', () => {
    const told = read('{"a":12,"b":-1.5,"c":"3","d":null,"e":1e400,"f":12345678901234567890}');
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => told.number(key))).toEqual([
      12,
      -1.5,
      undefined,
      undefined,
      undefined,
      Number('12345678901234567890'),
      undefined,
    ]);
    expect(JSON.stringify(told.get('f'))).toBe('12345678901234567890');
  });

  it('are none in an object within others whose names are no JSON: it is passed over', () => {
    const told = read('{"a":{"\\x":1,"b":2},"c":[{"\\x":1},{"b":3}],"d":4}');
    expect(told.object('a')?.has('b')).toBe(false);
    expect(told.among('c', (element) => element.has('b'))?.get('b')).toBe(3);
    expect(told.get('d')).toBe(4);
    expect(() => told.object('a')?.json).toThrow(GatewayError);
  });
});

describe('a literal or a number', () => {
  it('is told apart as JSON.parse does it', () => {
    const some = fc.oneof(
      fc.stringMatching(/^[-+.eE0-9]{1,8}$/),
      fc.stringMatching(/^-?[0-9]{0,3}\.?[0-9]{0,2}[eE]?[-+]?[0-9]{0,2}$/),
      fc.stringMatching(/^(?:true|false|null|nul|tru|truer|True|nan|-null)[a-z0-9]?$/),
    );
    fc.assert(
      fc.property(some, (text) => {
        const whole = `{"a":${text},"b":[${text}]}`;
        let parsed: JsonObject | undefined;
        try {
          parsed = JSON.parse(whole) as JsonObject;
        } catch {}
        if (parsed) expect(JSON.stringify(read(whole).json)).toBe(JSON.stringify(parsed));
        else expect(() => read(whole)).toThrow('column 6');
      }),
      { numRuns: 2000 },
    );
  });
});
