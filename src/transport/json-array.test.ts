import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import { JsonArrayReader, jsonArrayWriter } from './json-array.ts';

function read(whole: Buffer, places: readonly number[] = []): Frame[] {
  const reader = new JsonArrayReader();
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  const frames = [0, ...at].flatMap((start, index) => reader.push(whole.subarray(start, at[index] ?? whole.length)));
  return [...frames, ...reader.end()];
}

const element = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const nasty = fc.constantFrom({ a: '"}\\' }, { 'k"{[': '\\\\"' }, { t: '],[{' }, { b: '\\' }, { text: 'é😀' });

describe('JsonArrayReader', () => {
  it('gives one frame per element, however the array is laid out and cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(element, nasty)),
        fc.constantFrom(undefined, 2, '\r\n'),
        fc.array(fc.nat(), { maxLength: 20 }),
        (elements, indent, places) => {
          const frames = read(Buffer.from(JSON.stringify(elements, null, indent)), places);
          expect(frames.map((frame) => JSON.parse(frame.data))).toEqual(JSON.parse(JSON.stringify(elements)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("reads a vendor's layout as it comes, and an error that stands alone", () => {
    const reader = new JsonArrayReader();
    expect(reader.push(Buffer.from('[{\n  "candidates": []\n}\n'))).toEqual([{ data: '{\n  "candidates": []\n}' }]);
    expect(reader.push(Buffer.from(',\r\n{"usage": '))).toEqual([]);
    expect(reader.push(Buffer.from('{}}\n]\n'))).toEqual([{ data: '{"usage": {}}' }]);
    expect(read(Buffer.from('{"error":{"code":429}}'))).toEqual([{ data: '{"error":{"code":429}}' }]);
  });

  it('says so where a stream is no array of objects, breaks off, or grows without end', () => {
    expect(() => read(Buffer.from('<html>'))).toThrow(expect.objectContaining({ kind: 'upstream' }));
    expect(() => read(Buffer.from('[{"a":1},{"b"'))).toThrow('broke off');
    const reader = new JsonArrayReader({ frame: 10 });
    expect(() => reader.push(Buffer.from('[{"a":"0123456789'))).toThrow('larger than 10 bytes');
  });

  it('takes time linear in the bytes', () => {
    const reader = new JsonArrayReader();
    reader.push(Buffer.from('[{"data":"'));
    const piece = Buffer.alloc(65_536, '\\n');
    for (let round = 0; round < 160; round++) expect(reader.push(piece)).toEqual([]);
    expect(reader.push(Buffer.from('"}]'))[0]?.data.length).toBe(160 * 65_536 + 11);
  }, 5_000);
});

describe('jsonArrayWriter', () => {
  it('prints what JsonArrayReader and JSON.parse read', () => {
    fc.assert(
      fc.property(fc.array(fc.array(element, { maxLength: 3 })), (batches) => {
        const writer = jsonArrayWriter();
        const text =
          batches.map((batch) => writer.write(batch.map((value) => ({ data: JSON.stringify(value) })))).join('') +
          writer.end();
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(batches.flat())));
        expect(read(Buffer.from(text))).toHaveLength(batches.flat().length);
      }),
    );
  });
});
