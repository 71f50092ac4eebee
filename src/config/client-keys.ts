// The keys clients show: which of the configured ones count, and how a new one is made.

import { randomInt } from 'node:crypto';
import type { Notary, Notice } from './notice.ts';
import type { KeyPath } from './outline.ts';

const hashed = /^sha256:[0-9a-f]{64}$/i;
const sample = /^(your[-_]api[-_]key([-_]?\d+)?|sk-(\.+|…|x+)|sk-.*sample|<.*>|change-?me)$/i;

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
  if (sample.test(key)) {
    return {
      message: `the client key "${key}" is a published sample that strangers try; it is refused`,
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
