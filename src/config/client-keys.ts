// The keys clients show: which of the configured ones count, and how a new one is made.

import { hash, randomInt } from 'node:crypto';
import type { Notary, Notice } from './notice.ts';
import type { KeyPath } from './outline.ts';

const hashed = /^sha256:[0-9a-f]{64}$/i;
const sample = /^(your[-_]api[-_]key([-_]?\d+)?|sk-(\.+|…|x+)|sk-.*sample|<.*>|change-?me)$/i;

/** Samples that can be written out, for those that are configured by their digest. */
function* samples(): Generator<string> {
  const names = ['-', '_'].flatMap((mark) => [`your${mark}api${mark}key`, `<your${mark}api${mark}key>`]);
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  for (const name of names) {
    yield name;
    for (const number of numbers) for (const mark of ['', '-', '_']) yield `${name}${mark}${number}`;
  }
  yield* ['sk-...', 'sk-…', 'sk-...sample', 'changeme', 'change-me'];
  for (const number of numbers) yield `sk-${'x'.repeat(number + 1)}`;
}

/** The sample that a key is, or is the digest of. */
function sampleOf(key: string): string | undefined {
  if (!hashed.test(key)) return sample.test(key) ? key : undefined;
  digests ??= new Map(
    [...samples()].flatMap((plain) => [plain, plain.toUpperCase()]).map((one) => [hash('sha256', one, 'hex'), one]),
  );
  return digests.get(key.slice('sha256:'.length).toLowerCase());
}

/** The samples by their digests; few configurations have any. */
let digests: ReadonlyMap<string, string> | undefined;

/** The keys that count, and what is to be said of the others. */
export function readClientKeys(
  keys: readonly string[],
  notary: Notary,
): { readonly keys: readonly string[]; readonly notices: readonly Notice[] } {
  const notices: Notice[] = [];
  const kept = keys.filter((key, index) => {
    const fault = faultOf(key);
    if (fault) notices.push(notary.at('warning', ['api-keys', index] satisfies KeyPath, fault.message, fault.advice));
    return !fault;
  });
  return { keys: [...new Set(kept.map((key) => (hashed.test(key) ? key.toLowerCase() : key)))], notices };
}

function faultOf(key: string): { message: string; advice: string } | undefined {
  if (key === '') return { message: 'a blank client key is ignored', advice: 'Remove it, or write a key.' };
  const published = sampleOf(key);
  if (published !== undefined) {
    return {
      message: `the client key "${published}" is a published sample that strangers try; it is refused`,
      advice: 'Put a key of your own in its place.',
    };
  }
  if (/^sha256:/i.test(key) && !hashed.test(key)) {
    return {
      message: 'a client key that begins with sha256: is not followed by 64 hex digits; it is ignored',
      advice: "Make the digest with: printf %s 'YOUR-KEY' | sha256sum",
    };
  }
  if (/[^\x21-\x7e]/.test(key)) {
    return {
      message: 'a client key holds characters that cannot be sent in a header; it is ignored',
      advice: 'Use visible ASCII characters without spaces.',
    };
  }
  return undefined;
}

const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** A new client key of 32 characters; no letters that look alike. */
export function makeClientKey(): string {
  return `cpx-${Array.from({ length: 28 }, () => letters.charAt(randomInt(letters.length))).join('')}`;
}
