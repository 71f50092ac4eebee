// Replies that come compressed although we ask for none: a source of the plain bytes in front of the source of the packed ones.

import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { cancelled } from './failure.ts';

type Open = (first: Buffer) => Transform;

// RFC 9110 §8.4.1: `deflate` is the zlib format; some servers send the bare stream, which cannot begin with zlib's method 8.
const openers: Readonly<Record<string, Open>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => (((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/**
 * The body without the codings its `content-encoding` header names. Throws `upstream` on one nobody here knows. `signal`: what the
 * source gives up at, too, but hears of only until its own bytes have ended.
 */
export function decoded(source: ByteSource, codings: string, host: string, signal: Signal): ByteSource {
  const named = codings
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  return named
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reduceRight<ByteSource>((inner, coding) => {
      const open = openers[coding];
      if (open) return unpacked(inner, open, `${host} sent a reply whose ${coding} coding cannot be read`, signal);
      throw new GatewayError(
        'upstream',
        `${host} sent a reply in the content-encoding ${coding}, which is not known here.`,
      );
    }, source);
}

function unpacked(source: ByteSource, open: Open, complaint: string, signal: Signal): ByteSource {
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
    opened.on('end', () => {
      try {
        sink.end();
      } catch (thrown) {
        sink.fail(toGatewayError(thrown));
      }
    });
    opened.on('error', (cause) => {
      giveUp(new GatewayError('upstream', `${complaint}: ${cause.message}.`, { detail: cause.message, cause }));
    });
    return opened;
  };

  /** What is packed has come; what it unpacks to comes at the pace of the sink, for which its client may not wait. */
  const finish = (opened: Transform, sink: ByteSink): void => {
    const left = () => {
      opened.destroy();
      sink.fail(cancelled(signal.reason));
    };
    signal.addEventListener('abort', left, { once: true });
    opened.on('close', () => signal.removeEventListener('abort', left));
    opened.end();
  };

  return {
    flow(sink) {
      source.flow({
        data(chunk) {
          decoder ??= begin(chunk, sink);
          return decoder.write(chunk);
        },
        end() {
          if (decoder) finish(decoder, sink);
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
