import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from './body.ts';
import { GatewayError } from './errors.ts';
import type { Json } from './json.ts';
import type { Lookup } from './lookup.ts';

fc.configureGlobal({ seed: 20_261_122 });

function read(text: string): Body {
  return Body.read(Buffer.from(text));
}

function textOf(body: Body): string {
  return body.bytes.toString('utf8');
}

function failureOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

function isJsonObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
/** A JSON string as a stranger may write it: plain, with needless escapes, with quotes and backslashes. */
const writtenString = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc
    .array(fc.constantFrom('\\\\', '\\"', '\\u0041', '\\/', 'x', '}', ',', '{', ':', 'é', '😀'))
    .map((p) => `"${p.join('')}"`),
);
const writtenScalar = fc.oneof(
  writtenString,
  fc.constantFrom('true', 'false', 'null', '0', '-0', '1.0', '1e5', '-12.50E+3', '12345678901234567890123', '1E-7'),
);
const written: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1 ? writtenScalar : fc.oneof(writtenScalar, writtenArray(depth), writtenObject(depth)),
);
const writtenArray = fc.memo((depth) =>
  fc
    .tuple(fc.array(written(depth - 1), { maxLength: 3 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
);
const writtenObject = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(writtenString, written(depth - 1)), { maxLength: 3 }), space)
    .map(([pairs, gap]) => `{${gap}${pairs.map(([key, value]) => `${key}${gap}:${value}`).join(`,${gap}`)}${gap}}`),
);

interface Document {
  readonly head: string;
  readonly pieces: readonly Piece[];
  readonly separators: readonly string[];
  readonly tail: string;
}
interface Piece {
  readonly key: string;
  readonly text: string;
}
/** A whole document as its pieces: the spelling of every member, and the separators between them. Keys repeat on purpose. */
const documents: fc.Arbitrary<Document> = fc
  .tuple(
    space,
    fc.array(
      fc.record({
        name: fc.constantFrom('"a"', '"\\u0061"', '"b"', '"c d"', '"é"', '"q\\"}"', '"toString"', '"__proto__"'),
        colon: fc.tuple(space, space).map(([before, after]) => `${before}:${after}`),
        value: written(3),
        separator: fc.tuple(space, space).map(([before, after]) => `${before},${after}`),
      }),
      { maxLength: 6 },
    ),
    space,
    space,
  )
  .map(([head, members, tail, end]) => ({
    head: `${end}{${head}`,
    pieces: members.map(
      ({ name, colon, value }): Piece => ({ key: JSON.parse(name) as string, text: name + colon + value }),
    ),
    separators: members.map(({ separator }) => separator),
    tail: `${tail}}${end}`,
  }));

/** The document printed with only some pieces: what stood between two neighbours stays between them. */
function print({ head, pieces, separators, tail }: Document, keep: (piece: Piece) => boolean = () => true): string {
  let text = '';
  pieces.forEach((piece, index) => {
    if (keep(piece)) text += (text === '' ? '' : (separators[index] ?? ',')) + piece.text;
  });
  return head + text + tail;
}

describe.each([
  ['read', Body.read],
  ['skimmed', Body.skim],
])('a body that is %s', (_, make) => {
  const read = (text: string): Body => make(Buffer.from(text));

  it('reads members as JSON.parse does, the last twin winning', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const body = read(print(document));
        const parsed = JSON.parse(print(document)) as Record<string, unknown>;
        for (const key of ['a', 'b', 'c d', 'é', 'q"}', 'toString', '__proto__', 'absent']) {
          expect(body.has(key)).toBe(Object.hasOwn(parsed, key));
          const value = body.get(key);
          expect(JSON.parse(JSON.stringify({ value }))).toEqual(
            JSON.parse(JSON.stringify({ value: Object.hasOwn(parsed, key) ? parsed[key] : undefined })),
          );
        }
        expect(textOf(body)).toBe(print(document));
      }),
    );
  });

  it('removes only the named members, byte for byte', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom('a', 'b', 'c d', 'é', 'q"}', '__proto__', 'absent'), (document, key) => {
        const kept = read(print(document)).without(key);
        expect(textOf(kept)).toBe(print(document, (piece) => piece.key !== key));
        expect(kept.has(key)).toBe(false);
        expect(kept.edits).toEqual(document.pieces.some((piece) => piece.key === key) ? [key] : []);
      }),
    );
  });

  it('sets only the named member, byte for byte: in the place of the last twin, or at the end', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom('a', 'b', 'é', 'new'), fc.jsonValue(), (document, key, json) => {
        const value = json as Json;
        const edited = read(print(document)).set(key, value);
        const others = (piece: Piece): boolean => piece.key !== key;
        const last = document.pieces.findLast((piece) => piece.key === key);
        const text = textOf(edited);
        expect(edited.get(key)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(edited.edits).toEqual([key]);
        if (last) {
          const spelled = new RegExp(/^"(?:[^"\\]|\\.)*"\s*:\s*/).exec(last.text)?.[0] ?? '';
          const changed = { ...last, text: spelled + JSON.stringify(value) };
          const pieces = document.pieces.map((piece) => (piece === last ? changed : piece));
          expect(text).toBe(print({ ...document, pieces }, (piece) => piece === changed || others(piece)));
        } else {
          const all = document.pieces.length;
          const added = { key, text: `${JSON.stringify(key)}:${JSON.stringify(value)}` };
          const separators = [...document.separators.slice(0, all), ','];
          const bare = print(document).replace('}', () => `${added.text}}`);
          expect(text).toBe(all === 0 ? bare : print({ ...document, pieces: [...document.pieces, added], separators }));
        }
      }),
    );
  });

  it('prints no half of a surrogate pair, and leaves as it came what it did not print', () => {
    const told = { a: 'cut \ud83d', b: '\udc00', whole: '😀', said: '\\ud83d \\\\ud83d', '\ud800': 1 };
    const healed = { a: 'cut \ufffd', b: '\ufffd', whole: '😀', said: '\\ud83d \\\\ud83d', '\ufffd': 1 };
    expect(JSON.parse(Body.of(told).bytes.toString())).toEqual(healed);
    const came = Buffer.from('{"a":"cut \\ud83d","b":1}');
    expect(make(came).set('b', 2).bytes.toString()).toBe('{"a":"cut \\ud83d","b":2}');
  });

  it('edits compose and leave the original alone', () => {
    const body = read('{ "model" : "m", "n": 1.0, "big": 12345678901234567890, "n2": 1e5 }');
    const edited = body.set('model', 'x').without('n2').set('stream', true).set('model', 'y');
    expect(textOf(edited)).toBe('{ "model" : "y", "n": 1.0, "big": 12345678901234567890,"stream":true }');
    expect(edited.edits).toEqual(['model', 'n2', 'stream']);
    expect(textOf(body)).toBe('{ "model" : "m", "n": 1.0, "big": 12345678901234567890, "n2": 1e5 }');
    expect(JSON.stringify(edited.json)).toContain('"big":12345678901234567890');
    expect(body.raw('big')?.toString()).toBe('12345678901234567890');
  });

  it('sets nested members, making what is absent and keeping the neighbours as written', () => {
    const body = read('{"stream_options": { "x" : 1.0 }, "flat": 3}');
    expect(textOf(body.set(['stream_options', 'include_usage'], true))).toBe(
      '{"stream_options": { "x" : 1.0,"include_usage":true }, "flat": 3}',
    );
    expect(textOf(body.set(['a', 'b', 'c'], null))).toBe(
      '{"stream_options": { "x" : 1.0 }, "flat": 3,"a":{"b":{"c":null}}}',
    );
    expect(textOf(body.set(['flat', 'inner'], 1))).toBe('{"stream_options": { "x" : 1.0 }, "flat": {"inner":1}}');
    expect(body.set([], 1)).toBe(body);
  });

  it('takes the first, a middle, the last and the only member away', () => {
    expect(textOf(read('{"a":1, "b":2 ,"c":3}').without('a'))).toBe('{"b":2 ,"c":3}');
    expect(textOf(read('{"a":1, "b":2 ,"c":3}').without('b'))).toBe('{"a":1 ,"c":3}');
    expect(textOf(read('{"a":1, "b":2 ,"c":3}').without('c'))).toBe('{"a":1, "b":2}');
    expect(textOf(read('{ "a":1 }').without('a'))).toBe('{  }');
    expect(textOf(read('{ "a":1 }').without('a').set('b', 2))).toBe('{  "b":2}');
  });

  it('drops a byte order mark and keeps everything else', () => {
    const body = read('\ufeff{"a":1}');
    expect(body.json).toEqual({ a: 1 });
    expect(textOf(body.set('a', 2))).toBe('{"a":2}');
  });
});

it('is looked into alike, parsed or where it stands in its bytes', () => {
  const keys = ['a', 'b', 'c d', 'é', 'q"}', 'absent'];
  fc.assert(
    fc.property(documents, fc.constantFrom(...keys), (document, key) => {
      const text = print(document);
      const [parsed, standing] = [Body.skim(Buffer.from(text)).lookup, read(text).lookup];
      const told = (lookup: Lookup): string =>
        JSON.stringify([
          lookup.has(key),
          lookup.get(key),
          lookup.number(key),
          lookup.object(key)?.json,
          lookup.among(key, (element) => element.has('a'))?.json,
        ]);
      expect(told(parsed)).toBe(told(standing));
    }),
  );
});

describe('a body that is no JSON object', () => {
  it.each([
    ['', 'it is empty'],
    ['[1]', 'line 1, column 1'],
    ['"text"', 'line 1, column 1'],
    ['{"a":1,}', 'line 1, column 8'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{"a":01}', 'line 1, column 6'],
    ['{"a":tru}', 'line 1, column 6'],
    ["{'a':1}", 'line 1, column 2'],
    ['{"a":[1,]}', 'line 1, column 9'],
    ['{"a":{"b":1]}', 'line 1, column 12'],
    ['{"a":1} x', 'line 1, column 9'],
    ['{"\\x":1}', 'line 1, column 2'],
    ['{"a":"never closed', 'unexpected end at line 1, column 19'],
    ['{\n  "a": 1,\n  "é": oops\n}', 'line 3, column 8'],
  ])('%j is refused with the place at fault', (text, where) => {
    const error = failureOf(() => read(text));
    expect(error.kind).toBe('bad-request');
    expect(error.message).toContain(where);
  });

  it('is told apart as JSON.parse does it, for any damage to the structure', () => {
    const damage = fc.tuple(
      documents,
      fc.nat(),
      fc.constantFrom('', ',', '{', '}', '[', ']', ':', '"', '1', 'x'),
      fc.nat(2),
    );
    fc.assert(
      fc.property(damage, ([document, seed, inserted, cutLength]) => {
        const text = print(document);
        const at = seed % (text.length + 1);
        const damaged = text.slice(0, at) + inserted + text.slice(at + cutLength);
        if (isJsonObject(damaged)) expect(read(damaged).json).toBeDefined();
        else expect(failureOf(() => read(damaged).json).kind).toBe('bad-request');
        // Within strings the scan is looser on purpose: it jumps from quote to quote.
        const plain = damaged.replace(/[\n\r\t]/g, ' ').replaceAll('\\', '/');
        if (!isJsonObject(plain)) expect(failureOf(() => read(plain)).kind).toBe('bad-request');
      }),
      { numRuns: 1000 },
    );
  });

  it('never does anything but read or refuse, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .array(fc.constantFrom(...Buffer.from('{}[]":,\\u0 ntfe1-.\ufeff')), { maxLength: 24 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        try {
          const body = Body.read(Buffer.from(some));
          body.set('a', 1).without('b');
          expect(body.json).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads runs of backslashes, deep nesting and many members in linear time', () => {
    const started = performance.now();
    const slashes = read(`{"a":"${'\\\\'.repeat(1_000_000)}","b":"${'\\"'.repeat(500_000)}","c":1}`);
    expect(slashes.get('c')).toBe(1);
    const deep = read(`{"deep":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)},"c":1}`);
    expect(deep.set('c', 2).get('c')).toBe(2);
    expect(failureOf(() => read(`{"deep":${'[{"a":'.repeat(300_000)}`)).message).toContain('unexpected end');
    const many = read(`{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`);
    expect(many.without('k0').has('k99999')).toBe(true);
    expect(many.set('k5', 'x').get('k5')).toBe('x');
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('a member made from the one before it', () => {
  const text =
    '{"a": 1.0, "list": [ {"keep":1e2,"s":"\\u00e9"}, {"go":1} ,[2.50], {"x" : 1.0, "y":"old", "z":{"deep":-0.0}}, "\\u0041" ], "b":2}';

  it('keeps the bytes of all that both share', () => {
    const body = read(text);
    const before = body.get('list') as Json[];
    const [first, , third, fourth, last] = before as [Json, Json, Json, { z: Json }, Json];
    const edited: Json = [first, third, { ...fourth, y: 'new', added: [1] }, last, null];
    expect(textOf(body.set('list', edited, before))).toBe(
      '{"a": 1.0, "list": [{"keep":1e2,"s":"\\u00e9"},[2.50],{"x":1.0,"y":"new","z":{"deep":-0.0},"added":[1]},"\\u0041",null], "b":2}',
    );
    expect(textOf(body.set('list', before, before))).toBe(text);
  });

  it('is the member that was asked for, whatever was edited', () => {
    const value: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(value, value, fc.nat(), (one, other, seed) => {
        const body = Body.of({ m: [one, other, one] });
        const before = read(textOf(body)).json.m as Json[];
        const edited = [before[seed % 3] ?? null, [other, before[1] ?? null], { k: before[2] ?? null }];
        const result = Body.read(body.bytes).set('m', edited, before);
        expect(JSON.stringify(result.json.m)).toBe(JSON.stringify(edited));
      }),
      { numRuns: 300 },
    );
  });
});
