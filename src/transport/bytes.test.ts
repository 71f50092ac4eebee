import { describe, expect, it } from 'vitest';
import { never, open, post, serve } from '../../test/support/sockets.ts';
import { GatewayError } from '../errors.ts';
import { type ByteSink, type ByteSource, gather, readStart } from './bytes.ts';

/** What becomes of a body that comes in these pieces. */
function gathered(pieces: readonly string[], limit = 100) {
  const chunks = pieces.map((piece) => Buffer.from(piece));
  const heard: (Buffer | GatewayError)[] = [];
  let sink: ByteSink | undefined;
  const source: ByteSource = {
    flow: (given) => {
      sink = given;
    },
    resume: () => undefined,
    abort: () => undefined,
  };
  gather(source, limit, { whole: (bytes) => heard.push(bytes), failed: (error) => heard.push(error) });
  const tell = () => {
    for (const chunk of chunks) sink?.data(chunk);
    sink?.end();
  };
  return { chunks, heard, tell };
}

describe('gather', () => {
  it('hands on what came in one piece without a copy, and joins the rest', () => {
    const one = gathered(['whole']);
    one.tell();
    expect(one.heard[0]).toBe(one.chunks[0]);
    const many = gathered(['a', 'b', '', 'cd']);
    many.tell();
    expect(many.heard.map(String)).toEqual(['abcd']);
    const none = gathered([]);
    none.tell();
    expect(none.heard).toEqual([Buffer.alloc(0)]);
  });

  it('throws at the first byte above the limit, so that its source gives up', () => {
    const { heard, tell } = gathered(['12', '34'], 3);
    expect(tell).toThrow(new GatewayError('upstream', "The upstream's reply is larger than 3 bytes."));
    expect(heard).toEqual([]);
  });

  it('fails one whose taker throws with what it threw', async () => {
    const url = await serve((_request, response) => response.end('whole'));
    const { body } = await open().send(post(url), never);
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      gather(body, 100, {
        whole(bytes) {
          heard.push(String(bytes));
          throw new GatewayError('upstream', 'not what was asked for');
        },
        failed(error) {
          heard.push(error.message);
          resolve();
        },
      });
      heard.push('returned');
    });
    expect(heard).toEqual(['returned', 'whole', 'not what was asked for']);
  });
});

describe('readStart', () => {
  it('tells what came of a body that does not end in time, and lets its connection go', async () => {
    let gone: () => void;
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const url = await serve((_request, response) => {
      response.write('the beginning');
      const dripping = setInterval(() => response.write('.'), 20);
      response.on('close', () => {
        clearInterval(dripping);
        gone();
      });
    });
    const { body } = await open().send(post(url), never);
    const { bytes, whole } = await readStart(body, { limit: 1_000_000, time: 200 });
    expect([String(bytes), whole]).toEqual([expect.stringMatching(/^the beginning\.*$/), false]);
    await left;
  });
});
