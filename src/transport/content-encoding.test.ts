import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { Departure } from '../signal.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { decoded } from './content-encoding.ts';

/** A reply of which all has come, unpacked for a client that does not read after its first bytes. */
async function stalled() {
  let sink: ByteSink | undefined;
  const source: ByteSource = {
    flow(given) {
      sink = given;
    },
    resume: () => undefined,
    abort: () => undefined,
  };
  const signal = new Departure();
  const told: string[] = [];
  const plain = decoded(source, 'gzip', 'upstream.example', signal);
  await new Promise<void>((first) => {
    plain.flow({
      data() {
        first();
        return false;
      },
      end: () => told.push('end'),
      fail: ({ kind }) => told.push(kind),
    });
    sink?.data(gzipSync(Buffer.alloc(5_000_000)));
    sink?.end();
  });
  return { signal, told, plain };
}

describe('a compressed reply', () => {
  it('is given up when its client leaves, also where all that was packed has come', async () => {
    const { signal, told } = await stalled();
    signal.abort();
    signal.abort();
    expect(told).toEqual(['cancelled']);
  });

  it('comes to its end for one that reads on, and then hears of no leaving', async () => {
    const { signal, told, plain } = await stalled();
    const reading = setInterval(() => plain.resume(), 0);
    await vi.waitFor(() => expect(told).toEqual(['end']));
    clearInterval(reading);
    signal.abort();
    expect(told).toEqual(['end']);
  });
});
