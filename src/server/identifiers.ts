// Random names of exchanges. Node's own `randomUUID` joins twenty pieces for each, which costs a request a kilobyte.

import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(4096);
let spent = pool.length;

const digits = Buffer.from('0123456789abcdef');
/** Written over for each: the dashes, the version and the first bits of the variant (RFC 9562, 5.4) stay. */
const uuid = Buffer.from('00000000-0000-4000-8000-000000000000');
const token = Buffer.alloc(24);

/** Where so many fresh bytes stand in the pool. */
function drawn(count: number): number {
  if (spent + count > pool.length) {
    randomFillSync(pool);
    spent = 0;
  }
  const at = spent;
  spent += count;
  return at;
}

function digit(nibble: number): number {
  return digits[nibble] ?? 0;
}

/** A UUID of version 4. */
export function newId(): string {
  const from = drawn(16);
  let to = 0;
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) to++;
    const byte = pool[from + at] ?? 0;
    uuid[to++] = digit(byte >> 4);
    uuid[to++] = digit(byte & 15);
  }
  uuid[14] = digit(4);
  uuid[19] = digit(8 | ((pool[from + 8] ?? 0) >> 6));
  return uuid.toString('latin1');
}

/** 24 letters and digits. */
export function newToken(): string {
  const from = drawn(12);
  for (let at = 0; at < 12; at++) {
    const byte = pool[from + at] ?? 0;
    token[2 * at] = digit(byte >> 4);
    token[2 * at + 1] = digit(byte & 15);
  }
  return token.toString('latin1');
}
