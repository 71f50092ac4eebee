// Bytes on their way: a source that pushes, a sink that takes, and the plain way to gather a whole body.

import { GatewayError, toGatewayError } from '../errors.ts';

/**
 * A push source of bytes. Nothing flows before `flow`, which never calls back before it returned; then every callback comes
 * within the tick of the socket read that brought the bytes, and all that one read brought comes as one chunk.
 */
export interface ByteSource {
  /** Begins the flow. To be called once. */
  flow(sink: ByteSink): void;
  /** Goes on after a sink asked for a pause. */
  resume(): void;
  /** Drops the connection. The sink hears nothing more. */
  abort(reason: Error): void;
}

/** Exactly one of `end` and `fail` is the last word. A sink that throws fails with what it threw. */
export interface ByteSink {
  /** False asks for a pause until `resume()`. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: GatewayError): void;
}

/** Takes every chunk as it comes. Gives up, as `upstream`, a body above the limit, and one that `take` throws at. */
export function drain(source: ByteSource, limit: number, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let size = 0;
    source.flow({
      data(chunk) {
        size += chunk.length;
        try {
          if (size > limit) throw new GatewayError('upstream', `The upstream's reply is larger than ${limit} bytes.`);
          take(chunk);
          return true;
        } catch (thrown) {
          const error = toGatewayError(thrown);
          source.abort(error);
          reject(error);
          return false;
        }
      },
      end: resolve,
      fail: reject,
    });
  });
}

/** As much of a body as comes, up to the limit, and whether that is all of it. Never throws. */
export async function readStart(source: ByteSource, limit: number): Promise<{ bytes: Buffer; whole: boolean }> {
  const parts: Buffer[] = [];
  const whole = await drain(source, limit, (chunk) => parts.push(chunk)).then(
    () => true,
    () => false,
  );
  return { bytes: Buffer.concat(parts), whole };
}

/** The whole body in one buffer; a body above the limit is given up as `upstream`. */
export async function readAll(source: ByteSource, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  await drain(source, limit, (chunk) => parts.push(chunk));
  const [only] = parts;
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}

/** Who waits for a whole body. */
export interface Gatherer {
  whole(bytes: Buffer): void;
  failed(error: GatewayError): void;
}

/** `readAll` without a promise: calls back once, never before it returned. */
export function gather(source: ByteSource, limit: number, gatherer: Gatherer): void {
  readAll(source, limit).then(
    (bytes) => gatherer.whole(bytes),
    (thrown) => gatherer.failed(toGatewayError(thrown)),
  );
}
