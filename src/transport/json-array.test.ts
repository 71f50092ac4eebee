import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonArrayWriter } from './json-array.ts';

describe('jsonArrayWriter', () => {
  it('prints what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 3 })), (batches) => {
        const writer = jsonArrayWriter();
        const text =
          batches.map((batch) => writer.write(batch.map((value) => ({ data: JSON.stringify(value) })))).join('') +
          writer.end();
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(batches.flat())));
      }),
    );
  });
});
