// The opaque tokens of reasoning, as each service issues them: unforgeable without the seed, and bound to the thought they
// were issued for. Two simulators of one seed accept each other's tokens; of another seed, nobody's.

import { createHash, createHmac } from 'node:crypto';

/** What a token vouches for, which decides how it looks. */
type SealKind = 'thinking' | 'redacted' | 'encrypted' | 'thought';

/**
 * The first bytes of each kind, so that tokens look like the vendors': `E…` a thinking signature or redacted data, `gAAAA…` an
 * encrypted reasoning item. A thought signature has no known beginning.
 */
const openings: Record<SealKind, readonly number[]> = {
  thinking: [0x12, 0x01],
  redacted: [0x12, 0x02],
  encrypted: [0x80, 0, 0, 0, 0],
  thought: [0x0a, 0x03],
};

/** Issues tokens and knows its own again. */
export interface Signer {
  /** A token that vouches for this content. */
  issue(kind: SealKind, content: string): string;
  /** Whether this is a token of that kind that we issued; with `content`, for exactly that content. */
  issued(kind: SealKind, token: string, content?: string): boolean;
}

/** The signer of a seed. It remembers nothing: a token is checked by what stands in it. */
export function signerFor(seed: string): Signer {
  const key = createHash('sha256').update(`simulator:${seed}`).digest();
  const seal = (kind: SealKind, print: Buffer): Buffer =>
    Buffer.concat([Buffer.from(openings[kind]), print, createHmac('sha256', key).update(kind).update(print).digest()]);
  return {
    issue: (kind, content) => written(kind, seal(kind, printOf(content))),
    issued(kind, token, content) {
      const start = openings[kind].length;
      const print = Buffer.from(token, 'base64').subarray(start, start + printLength);
      if (print.length < printLength || written(kind, seal(kind, print)) !== token) return false;
      return content === undefined || print.equals(printOf(content));
    },
  };
}

const printLength = 12;
const printOf = (content: string): Buffer => createHash('sha256').update(content).digest().subarray(0, printLength);
const written = (kind: SealKind, bytes: Buffer): string =>
  bytes.toString(kind === 'encrypted' ? 'base64url' : 'base64');
