import { describe, expect, it } from 'vitest';
import { estimateText } from '../ir/estimate.ts';
import { Came, tokensIn } from './broken-off.ts';

const words = (place: number) => `Some words of an answer that is being told, number ${place}`;
const pieces = Array.from({ length: 100 }, (_, place) => words(place));
const told = estimateText(pieces.join(''));

const chat = (text: string) =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${text}"},"finish_reason":null}]}\n\n`;
const messages = (text: string) =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${text}"}}\n\n`;
const ping = 'event: ping\ndata: {"type": "ping"}\n\n';

function came(...reads: string[]): Came {
  const all = new Came();
  for (const read of reads) all.add(Buffer.from(read));
  return all;
}

describe('how many tokens came of a stream that broke off', () => {
  it.each<[string, readonly string[]]>([
    ['after whole frames', pieces.map(chat)],
    ['after a comment', [...pieces.map(chat), ': PROCESSING\n\n']],
    ['within a frame', [...pieces.map(chat), chat('the last words of it').slice(0, 40)]],
    ['within a long frame', [...pieces.map(chat), chat('the last words of it'.repeat(50)).slice(0, 900)]],
    ['where the last line break came by itself', [...pieces.map(chat), '\n\n']],
    ['where all line breaks come by themselves', pieces.flatMap((text) => [chat(text).slice(0, -2), '\n\n'])],
    ['after a ping', [...pieces.map(messages), ping]],
    ['after a long silence full of pings', [...pieces.map(messages), ...Array<string>(40).fill(ping)]],
    [
      'at the end of a block',
      [...pieces.map(messages), 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n', ping],
    ],
    [
      'where reads know nothing of frames',
      pieces
        .map(chat)
        .join('')
        .match(/[\s\S]{1,700}/g) ?? [],
    ],
    ['where many frames come at once', [pieces.map(chat).join('').slice(0, -30)]],
  ])('is estimated %s', (_, reads) => {
    const estimate = tokensIn(came(...reads));
    expect(estimate).toBeGreaterThan(told * 0.6);
    expect(estimate).toBeLessThan(told * 1.7);
  });

  it('is a small number where no read held a whole frame, and none where nothing came', () => {
    const letters = tokensIn(came(...pieces.map(chat).join('').split('')));
    expect(letters).toBeGreaterThan(0);
    expect(letters).toBeLessThan(told);
    expect(tokensIn(came('x'.repeat(8_000_000)))).toBeLessThan(1000);
    expect(tokensIn(came())).toBe(0);
  });
});
