import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Upload } from './upload.ts';

let server: Server | undefined;
let socket: Socket | undefined;
afterEach(() => {
  socket?.destroy();
  server?.close();
});

const limit = 10;

/** What comes of a request that is written in these pieces, each once the one before has been read. */
async function gathered(...pieces: readonly string[]): Promise<string[]> {
  const heard: string[] = [];
  let next = 0;
  let began: (request: Upload) => void = () => undefined;
  class Watched extends Upload {
    override push(piece: Buffer | null): boolean {
      const more = super.push(piece);
      if (piece) advance();
      return more;
    }
  }
  const listening = createServer({ IncomingMessage: Watched }, (request) => began(request)).listen(0, '127.0.0.1');
  server = listening;
  await new Promise((resolve) => listening.once('listening', resolve));
  const sending = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  socket = sending;
  const advance = (): void => {
    const piece = pieces[next++];
    if (piece === undefined) sending.resetAndDestroy();
    else sending.write(piece);
  };
  await new Promise<void>((resolve) => {
    const done = (word: string): void => {
      heard.push(word);
      // Nothing is heard twice: the client leaves in any case.
      sending.resetAndDestroy();
      setImmediate(resolve);
    };
    began = (request) => {
      request.gather(limit, {
        whole: (bytes) => done(`whole ${bytes}`),
        failed: (error) => done(`failed ${error.status}`),
      });
      if (pieces.length > 1) advance();
    };
    sending.on('error', () => undefined);
    advance();
  });
  return heard;
}

const head = (more: string): string => `POST / HTTP/1.1\r\nHost: g\r\n${more}\r\n\r\n`;

describe('an upload', () => {
  it.each([
    ['in one piece', [`${head('Content-Length: 4')}abcd`], 'whole abcd'],
    ['in several', [head('Content-Length: 6'), 'ab', 'cd', 'ef'], 'whole abcdef'],
    ['in chunks', [head('Transfer-Encoding: chunked'), '2\r\nab\r\n', '1\r\nc\r\n', '0\r\n\r\n'], 'whole abc'],
    ['of nothing', [head('Content-Length: 0')], 'whole '],
    ['without a length', ['POST / HTTP/1.1\r\nHost: g\r\n\r\n'], 'whole '],
    ['of exactly the limit', [`${head('Content-Length: 10')}0123456789`], 'whole 0123456789'],
    ['that says it is too long', [head('Content-Length: 11')], 'failed 413'],
    [
      'that turns out too long',
      [head('Transfer-Encoding: chunked'), '6\r\nabcdef\r\n', '6\r\nabcdef\r\n'],
      'failed 413',
    ],
    ['that breaks off', [head('Content-Length: 6'), 'abc'], 'failed 400'],
  ])('%s', async (_how, pieces, expected) => {
    expect(await gathered(...pieces)).toEqual([expected]);
  });
});
