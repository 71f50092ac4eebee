import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from './inflate.ts';

const text = Buffer.from(JSON.stringify({ model: 'm', text: 'ä'.repeat(1000) }));

describe('compressed request bodies', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['identity', text],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ])('are read from %s', async (encoding, bytes) => {
    expect(await decompress(bytes, encoding, 1 << 20)).toEqual(text);
  });

  it('may not grow beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(4 << 20));
    await expect(decompress(bomb, 'gzip', 1 << 20)).rejects.toMatchObject({ kind: 'too-large', status: 413 });
  });

  it('are refused with a reason when they are not what they say', async () => {
    await expect(decompress(text, 'gzip', 1 << 20)).rejects.toThrow('not valid gzip data');
    await expect(decompress(text, 'lzma', 1 << 20)).rejects.toMatchObject({ status: 415 });
  });
});
