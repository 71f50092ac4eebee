// A reply whose content type promises a stream, from an upstream that may send one JSON body all the same. What opens an object is held
// until it is known to be the first line of a stream, or to be all there is.

import { type Telling, tooLarge } from '../transport/http.ts';

/** For a body that should be a stream and may be one object, of which no more bytes than the limit are held. */
export function streamOrObject(limit: number): Telling {
  let lineEnded = false;
  return (held, chunk) => {
    const first = held.size === chunk.length;
    if (first && !opensObject(chunk)) return true;
    if (held.size > limit) throw tooLarge(limit);
    const isStream = nextLine.test(`${lineEnded ? '\n' : ''}${chunk.toString('latin1')}`);
    lineEnded = chunk.at(-1) === lineFeed;
    return isStream;
  };
}

const lineFeed = 0x0a;
/** The lines within an object are indented; what stands at the margin behind it is another object or an event. */
const nextLine = /[\r\n](?:\{|data:|event:|:)/;

/** Whether an object begins here. One that is an error is told at once, as it may be that nothing follows and nothing ends. */
function opensObject(chunk: Buffer): boolean {
  const first = chunk[0];
  // `d` and `e`: nearly every stream begins with one of its fields.
  if (first === 0x64 || first === 0x65) return false;
  return /^\s*\{(?!\s*"(?:error"|type"\s*:\s*"error"))/.test(chunk.toString('latin1', 0, 256));
}
