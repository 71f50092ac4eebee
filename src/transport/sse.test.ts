import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import { printFrame, SseReader, SseSkimmer } from './sse.ts';

/** Bytes that are nearly all structure, so that every way of ending a line and a frame is met, often in odd places. */
const token = fc.constantFrom(
  'data: {"a":"é😀"}',
  'data:THE-MARK',
  'data: ',
  'data',
  'event: ping THE-MARK',
  'event: message_start',
  ': comment',
  'id: 7',
  'retry: x',
  '{"error":"bare THE-MARK"}',
  'nonsense: 1',
  '\n',
  '\n\n',
  '\r\n',
  '\r\n\r\n',
  '\r',
  '\r\r',
  '\n\r',
  '\ufeff',
);
const stream = fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join('')));
const wild = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte < 120 ? 10 + (byte % 4) : byte))));
const bytes = fc.oneof({ weight: 5, arbitrary: stream }, { weight: 1, arbitrary: wild });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function chunksOf(whole: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length));
}

function read(chunks: readonly Buffer[]): Frame[] {
  const reader = new SseReader();
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

function skim(chunks: readonly Buffer[], marks: readonly string[], verdict: (frame: Frame) => 'pass' | 'hide') {
  const seen: Frame[] = [];
  const skimmer = new SseSkimmer(marks, (frame) => {
    seen.push(frame);
    return verdict(frame);
  });
  const out = Buffer.concat([...chunks.flatMap((chunk) => skimmer.push(chunk)), ...skimmer.end()]);
  return { out: out.toString('latin1'), seen, last: skimmer.lastFrame() };
}

describe('SseReader', () => {
  it('reads what vendors send, byte by byte, with any line end', () => {
    const text =
      'event: message_start\ndata: {"type":"message_start"}\n\n: ping\n\ndata: один\ndata: 😀\n\nid: 1\nretry: 5\ndata: [DONE]\n\n';
    const expected = [
      { event: 'message_start', data: '{"type":"message_start"}' },
      { data: 'один\n😀' },
      { data: '[DONE]' },
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      const whole = Buffer.from(text.replaceAll('\n', end));
      expect(read([whole])).toEqual(expected);
      expect(read(chunksOf(whole, [...whole.keys()]))).toEqual(expected);
    }
  });

  it('gives a frame with the chunk that completes it', () => {
    const reader = new SseReader();
    expect(reader.push(Buffer.from('data: 1\n'))).toEqual([]);
    expect(reader.push(Buffer.from('\ndata: 2\n\ndata: 3'))).toEqual([{ data: '1' }, { data: '2' }]);
    expect(reader.push(Buffer.from('\r\n\r\n'))).toEqual([{ data: '3' }]);
  });

  it('gives the last frame of a stream that lacks its blank line', () => {
    expect(read([Buffer.from('data: 1\n\ndata: [DONE]')])).toEqual([{ data: '1' }, { data: '[DONE]' }]);
    expect(read([Buffer.from('data: 1\r\n\r\ndata: 2\r')])).toEqual([{ data: '1' }, { data: '2' }]);
  });

  it('gives a bare JSON line as a frame, but no other line that is no field', () => {
    const text = 'data: 1\n\n{"error":{"message":"out of memory"}}\n\nupstream: gone\n\n{"open":\n\n';
    expect(read([Buffer.from(text)])).toEqual([{ data: '1' }, { data: '{"error":{"message":"out of memory"}}' }]);
    expect(read([Buffer.from('{"error":1}')])).toEqual([{ data: '{"error":1}' }]);
  });

  it('gives a bare JSON object of several lines as one frame, alone or in an array', () => {
    const bare = '{\n  "error": {\n    "code": 429,\n    "details": [\n      {}\n    ]\n  }\n}';
    for (const error of [bare, `[${bare}\n]`, `[${bare}]`])
      for (const end of ['', '\n', '\r\n\r\n', '\n\ndata: 2\n\n']) {
        const found = read([Buffer.from(`data: 1\n\n${error}${end}`)]).filter(({ data }) => data.length > 1);
        expect(found).toEqual([{ data: '{"error": {"code": 429,"details": [{}]}}' }]);
      }
  });

  it('passes over a byte order mark', () => {
    expect(read(chunksOf(Buffer.from('\ufeffdata: 1\n\n'), [1, 2]))).toEqual([{ data: '1' }]);
  });

  it('refuses a frame above its limit, and no stream of small ones', () => {
    const reader = new SseReader({ frame: 100 });
    reader.push(Buffer.from('da'));
    for (let round = 0; round < 100; round++) expect(reader.push(Buffer.from('ta: 0123456789\n\nda'))).toHaveLength(1);
    const grow = () => {
      for (let round = 0; round < 12; round++) reader.push(Buffer.from('0123456789'));
    };
    expect(grow).toThrow(expect.objectContaining({ kind: 'upstream', message: expect.stringContaining('100 bytes') }));
  });

  it('agrees with a reader that knows the specification alone', () => {
    fc.assert(
      fc.property(stream, (whole) => {
        const told: Frame[] = [];
        const parser = createParser({
          onEvent: ({ event, data }) => told.push(event === undefined ? { data } : { event, data }),
          onError: ({ line }) => line && /^\{.*\}\s*$/.test(line) && told.push({ data: line }),
        });
        parser.feed('\n');
        // A CR at the very end takes one line feed for its own; then comes the blank line that ends the last frame.
        parser.feed(`${whole.toString('utf8').replace(/^\ufeff/, '')}\n\n\n`);
        expect(read([whole])).toEqual(told);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(bytes, cuts, (whole, places) => {
        expect(read(chunksOf(whole, places))).toEqual(read([whole]));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what printFrame prints', () => {
    const data = fc.string({ unit: fc.constantFrom('a', ' ', ':', '\n', 'é', '😀', '{', '"') });
    const frame = fc.oneof(
      data.map((text): Frame => ({ data: text })),
      fc
        .tuple(fc.constantFrom('ping', 'response.created'), data)
        .map(([event, text]): Frame => ({ event, data: text })),
    );
    fc.assert(
      fc.property(fc.array(frame), cuts, (frames, places) => {
        expect(read(chunksOf(Buffer.from(frames.map(printFrame).join('')), places))).toEqual(frames);
      }),
    );
  });
});

describe('SseSkimmer', () => {
  it('hands on complete frames as they came, at once, and reads the marked ones alone', () => {
    const seen: string[] = [];
    const skimmer = new SseSkimmer(['"usage"'], (frame) => {
      seen.push(frame.data);
      return 'hide';
    });
    const delta = Buffer.from('data: {"delta":"x"}\n\n');
    expect(skimmer.push(delta)).toEqual([delta]);
    expect(skimmer.push(delta)[0]).toBe(delta);
    expect(skimmer.push(Buffer.from('data: 1\n\ndata: {"us'))).toEqual([Buffer.from('data: 1\n\n')]);
    expect(skimmer.push(Buffer.from('age":{}}\n\ndata: [DONE]\n\n'))).toEqual([Buffer.from('data: [DONE]\n\n')]);
    expect(seen).toEqual(['{"usage":{}}']);
    expect(skimmer.lastFrame()).toEqual({ data: '[DONE]' });
  });

  it('keeps the last frame in mind over comments', () => {
    const skimmer = new SseSkimmer([], () => 'pass');
    skimmer.push(Buffer.from('event: done\ndata: 9\n\n'));
    skimmer.push(Buffer.from(': keep-alive\n\n'));
    expect(skimmer.lastFrame()).toEqual({ event: 'done', data: '9' });
  });

  it('makes a frame of a marked JSON object that came bare, which clients would pass over', () => {
    const out = (text: string) => skim([Buffer.from(`data: 1\n\n${text}`)], ['"error"'], () => 'pass').out;
    expect(out('{"error":1}\n')).toBe('data: 1\n\ndata: {"error":1}\n\n');
    expect(out('{\n  "error": 1\n}\n\n')).toBe('data: 1\n\ndata: {"error": 1}\n\n');
    expect(out(': "error"\n\n')).toBe('data: 1\n\n: "error"\n\n');
  });

  it('closes a last frame that lacks its blank line, for others may follow', () => {
    for (const [tail, closed] of [
      ['data: 2', 'data: 2\n\n'],
      ['data: 2\n', 'data: 2\n\n'],
      ['data: 2\r', 'data: 2\r\n\n'],
      ['data: 2\r\r', 'data: 2\r\r'],
    ]) {
      expect(skim([Buffer.from(`data: 1\n\n${tail}`)], [], () => 'pass').out).toBe(`data: 1\n\n${closed}`);
    }
  });

  it('gives the same bytes, reads the same frames, however the bytes are cut', () => {
    fc.assert(
      fc.property(bytes, cuts, fc.constantFrom('pass', 'hide'), (whole, places, verdict) => {
        expect(skim(chunksOf(whole, places), ['THE-MARK', 'absentee'], () => verdict)).toEqual(
          skim([whole], ['THE-MARK', 'absentee'], () => verdict),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with SseReader: reads the frames that hold the mark, and what it lets through reads as the others', () => {
    const marked = ({ event, data }: Frame) => `${event}${data}`.includes('THE-MARK');
    fc.assert(
      fc.property(stream, cuts, (whole, places) => {
        const chunks = chunksOf(whole, places);
        const all = read([whole]);
        const kept = skim(chunks, ['THE-MARK'], (frame) => (marked(frame) ? 'hide' : 'pass'));
        expect(kept.seen.filter(marked)).toEqual(all.filter(marked));
        expect(kept.last).toEqual(all.at(-1));
        const passed = skim(chunks, [], () => 'hide');
        expect(passed.seen).toEqual([]);
        expect(read([Buffer.from(passed.out, 'latin1')])).toEqual(all);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time linear in the bytes, for one frame of 20 MB in small pieces and for a mark in every frame', () => {
    const piece = Buffer.alloc(65_536, 'a');
    const large = new SseSkimmer(['THE-MARK'], () => 'pass');
    let out = large.push(Buffer.from('data: ')).length;
    for (let round = 0; round < 320; round++) out += large.push(piece).length;
    expect(out).toBe(0);
    expect(large.push(Buffer.from('\n\n'))[0]?.length).toBe(320 * 65_536 + 8);

    let reads = 0;
    const busy = new SseSkimmer(['THE-MARK', 'absentee', '"usage"'], () => {
      reads++;
      return 'hide';
    });
    expect(busy.push(Buffer.from('data: THE-MARK\n\n'.repeat(100_000)))).toEqual([]);
    expect(reads).toBe(100_000);
  }, 5_000);
});

describe('printFrame', () => {
  it('gives every line of the data a field of its own', () => {
    expect(printFrame({ data: '{}' })).toBe('data: {}\n\n');
    expect(printFrame({ event: 'e', data: 'a\nb\r\nc\rd' })).toBe('event: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n');
  });
});
