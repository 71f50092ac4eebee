import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { decodeCitations, encodeGrounding, utf8Length, utf8Offset, utf16Offset } from './grounding.ts';
import { gemini } from './index.ts';

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
        { segment: { startIndex: 12, endIndex: 14, text: 'äb' }, groundingChunkIndices: [0] },
        { segment: { text: 'bc' }, groundingChunkIndices: [0] },
      ],
    };
    expect(decodeCitations({ groundingMetadata }, { text: 'ääbc', before: 10 })).toEqual([
      { url: 'https://a.example', title: 'A' },
      { url: 'https://a.example', title: 'A', start: 1, end: 2 },
      { url: 'https://a.example', title: 'A', start: 2, end: 4 },
      { url: 'https://b.example' },
    ]);
  });

  it('come from quoted sources too, and from nothing else', () => {
    const sources = [{ endIndex: 3, uri: 'https://c.example', license: 'MIT' }];
    const span = { text: 'abcdef', before: 0 };
    for (const citationMetadata of [{ citations: sources }, { citationSources: sources }])
      expect(decodeCitations({ citationMetadata }, span)).toEqual([
        { url: 'https://c.example', title: 'License: MIT', start: 0, end: 3 },
      ]);
    for (const junk of [null, 7, [], { groundingSupports: 'x', groundingChunks: [1] }])
      expect(decodeCitations({ groundingMetadata: junk }, span)).toEqual([]);
  });

  it('stand on the words of the answer, of which those of the source are no part', () => {
    const url = 'https://a.example';
    const span = { text: 'Ä b.', before: 2 };
    const written = encodeGrounding(
      [
        { citation: { url, quote: 'What the source says.' }, span },
        { citation: { url, start: 2, end: 4 }, span },
        { citation: { url }, span },
      ],
      [],
    );
    expect(written).toEqual({
      groundingChunks: [{ web: { uri: url } }],
      groundingSupports: [
        { segment: { startIndex: 2, endIndex: 7, text: 'Ä b.' }, groundingChunkIndices: [0] },
        { segment: { startIndex: 5, endIndex: 7, text: 'b.' }, groundingChunkIndices: [0] },
      ],
    });
  });

  it('report the words of a source as lost', () => {
    const losses: string[] = [];
    const citations = [{ url: 'https://a.example', quote: 'What the source says.' }];
    const to = contextFor(gemini, ({ what }) => losses.push(what));
    gemini.reply.encode(
      { id: 'r', model: 'm', parts: [{ type: 'text', text: 'b', citations }], finish: { reason: 'stop' } },
      to,
    );
    expect(losses).toEqual(['cited_text']);
  });

  it('reach a text that a signature ends', () => {
    const groundingMetadata = {
      groundingChunks: [chunk],
      groundingSupports: [{ segment: { endIndex: 2, text: 'Hi' }, groundingChunkIndices: [0] }],
    };
    const parts = [{ text: 'Hi there.' }, { text: '', thoughtSignature: 'S' }];
    const body = { candidates: [{ content: { parts }, finishReason: 'STOP', groundingMetadata }] };
    expect(gemini.reply.decode(body, { maker: 'google' }).parts[0]).toEqual({
      type: 'text',
      text: 'Hi there.',
      citations: [{ url: 'https://a.example', title: 'A', start: 0, end: 2 }],
      seal: { maker: 'google', token: 'S' },
    });
  });
});
