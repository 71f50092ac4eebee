// Replies that come compressed although we ask for none: a source of the plain bytes in front of the source of the packed ones.

import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { ByteSink, ByteSource } from './bytes.ts';

type Open = (first: Buffer) => Transform;

// RFC 9110 §8.4.1: `deflate` is the zlib format; some servers send the bare stream, which cannot begin with zlib's method 8.
const openers: Readonly<Record<string, Open>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => (((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/** The body without the codings its `content-encoding` header names. Throws `upstream` on one nobody here knows. */
export function decoded(source: ByteSource, codings: string, host: string): ByteSource {
  const named = codings
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  return named
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reduceRight<ByteSource>((inner, coding) => {
      const open = openers[coding];
      if (open) return unpacked(inner, open, `${host} sent a reply whose ${coding} coding cannot be read`);
      throw new GatewayError(
        'upstream',
        `${host} sent a reply in the content-encoding ${coding}, which is not known here.`,
      );
    }, source);
}

function unpacked(source: ByteSource, open: Open, complaint: string): ByteSource {
  let decoder: Transform | undefined;

  const begin = (first: Buffer, sink: ByteSink): Transform => {
    const opened = open(first);
    const giveUp = (error: GatewayError) => {
      opened.destroy();
      source.abort(error);
      sink.fail(error);
    };
    opened.on('data', (chunk: Buffer) => {
      try {
        if (!sink.data(chunk)) opened.pause();
      } catch (thrown) {
        giveUp(toGatewayError(thrown));
      }
    });
    opened.on('drain', () => source.resume());
    opened.on('end', () => sink.end());
    opened.on('error', (cause) => {
      giveUp(new GatewayError('upstream', `${complaint}: ${cause.message}.`, { detail: cause.message, cause }));
    });
    return opened;
  };

  return {
    flow(sink) {
      source.flow({
        data(chunk) {
          decoder ??= begin(chunk, sink);
          return decoder.write(chunk);
        },
        end() {
          if (decoder) decoder.end();
          else sink.end();
        },
        fail(error) {
          decoder?.destroy();
          sink.fail(error);
        },
      });
    },
    resume() {
      decoder?.resume();
    },
    abort(reason) {
      decoder?.destroy();
      source.abort(reason);
    },
  };
}
