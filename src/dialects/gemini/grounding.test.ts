import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCitations, utf8Length, utf8Offset, utf16Offset } from './grounding.ts';

describe('offsets', () => {
  const text = fc.string({ unit: 'binary' });

  it('count bytes as an encoder would', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(utf8Length(given)).toBe(Buffer.byteLength(given));
      }),
    );
  });

  it('go there and back at every character', () => {
    fc.assert(
      fc.property(text, (given) => {
        let index = 0;
        for (const letter of given) {
          expect(utf16Offset(given, utf8Offset(given, index))).toBe(index);
          index += letter.length;
        }
      }),
    );
  });

  it('never fall into a character, nor behind the text', () => {
    expect([0, 1, 2, 3, 4, 5, 99].map((bytes) => utf16Offset('a🌞', bytes))).toEqual([0, 1, 3, 3, 3, 3, 3]);
  });
});

describe('citations', () => {
  const chunk = { web: { uri: 'https://a.example', title: 'A' } };

  it('keep their source where the place lies in an earlier part', () => {
    const groundingMetadata = {
      groundingChunks: [chunk, { web: { uri: 'https://b.example' } }],
      groundingSupports: [
        { segment: { startIndex: 2, endIndex: 4, text: 'xy' }, groundingChunkIndices: [0, 9] },
        { segment: { startIndex: 12, endIndex: 14 }, groundingChunkIndices: [0] },
      ],
    };
    expect(decodeCitations({ groundingMetadata }, { text: 'ääbc', before: 10 })).toEqual([
      { url: 'https://a.example', title: 'A', quote: 'xy' },
      { url: 'https://a.example', title: 'A', start: 1, end: 2 },
      { url: 'https://b.example' },
    ]);
  });

  it('come from quoted sources too, and from nothing else', () => {
    const citationMetadata = { citations: [{ endIndex: 3, uri: 'https://c.example', license: 'MIT' }] };
    const span = { text: 'abcdef', before: 0 };
    expect(decodeCitations({ citationMetadata }, span)).toEqual([{ url: 'https://c.example', start: 0, end: 3 }]);
    for (const junk of [null, 7, [], { groundingSupports: 'x', groundingChunks: [1] }])
      expect(decodeCitations({ groundingMetadata: junk }, span)).toEqual([]);
  });
});
