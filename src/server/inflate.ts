// Request bodies that come compressed, within a limit on what they may grow to.

import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';
import { GatewayError } from '../errors.ts';
import { createTurns } from './turns.ts';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
  ['deflate', inflateEither],
]);

/** A small body may grow to the limit before it is refused: no more of them at once than Node unpacks at once anyway. */
const inTurn = createTurns(4);

/** RFC 9110 says zlib format; some clients send raw deflate all the same. */
async function inflateEither(bytes: Buffer, options: { maxOutputLength: number }): Promise<Buffer> {
  try {
    return await promisify(inflate)(bytes, options);
  } catch (thrown) {
    if (isTooLarge(thrown)) throw thrown;
    return promisify(inflateRaw)(bytes, options);
  }
}

function isTooLarge(thrown: unknown): boolean {
  return (thrown as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
}

/** The body as its sender wrote it. `encoding` is the header's value, innermost last; `limit` in bytes. */
export async function decompress(bytes: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  let plain = bytes;
  const names = (encoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of names.toReversed())
    if (name !== '' && name !== 'identity') plain = await decode(plain, name, limit);
  return plain;
}

async function decode(bytes: Buffer, name: string, limit: number): Promise<Buffer> {
  const decoder = decoders.get(name);
  if (!decoder)
    throw new GatewayError(
      'bad-request',
      `The content-encoding "${name}" is not supported. Use gzip, deflate, br or zstd, or none.`,
      {
        status: 415,
      },
    );
  try {
    return await inTurn(() => decoder(bytes, { maxOutputLength: limit }));
  } catch (cause) {
    if (isTooLarge(cause)) throw tooLarge(limit);
    throw new GatewayError('bad-request', `The request body is not valid ${name} data.`, { cause });
  }
}

/** What a body above the limit is refused with; `limit` in bytes. */
export function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    'too-large',
    `The request body is larger than ${Math.floor(limit / 1048576)} MiB. Raise max-body-size in config.yaml if it should pass.`,
  );
}
