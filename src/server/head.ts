// The heads of responses, as flat lists of names and values: what each begins with. Pages of any origin may ask, since a gateway on
// loopback is used by pages of editors and chat clients alike.

import type { IncomingMessage } from 'node:http';

/** On every response. */
const always = { 'access-control-allow-origin': '*' } as const;

/** Only pages look at these, and their requests name an origin. */
const pages = {
  ...always,
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  // The star does not stand for `authorization`, by which most clients show their key.
  'access-control-allow-headers': '*, authorization',
  'access-control-expose-headers':
    'x-request-id, request-id, retry-after, x-should-retry, server-timing, x-cliproxy-loss, x-cliproxy-estimate',
  // Without it a page of another origin sees no times of its requests, `server-timing` among them.
  'timing-allow-origin': '*',
} as const;

const flatAlways: readonly string[] = Object.entries(always).flat();
const flatPages: readonly string[] = Object.entries(pages).flat();

/** Bytes up to which what leaves at once becomes one string with what frames it: so much Node writes without asking for memory. */
export const longestString = 15 << 10;

/** The headers that the answer to this request begins with, as an object. */
export function allowOrigin(request: IncomingMessage): Readonly<Record<string, string>> {
  return isPage(request) ? pages : always;
}

/** The same as the beginning of a list: each name is followed by its value. */
export function beginHead(request: IncomingMessage): string[] {
  return (isPage(request) ? flatPages : flatAlways).slice();
}

/** Adds to the end of a list. A name that is there already is then there twice: whoever writes a head sees to that. */
export function addHeaders(head: string[], headers: Readonly<Record<string, string>>): void {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) head.push(name, value);
  }
}

/** What the exchange goes by, under the names that OpenAI's and Anthropic's clients look for. */
export function addIds(head: string[], id: string): void {
  head.push('x-request-id', id, 'request-id', id);
}

function isPage({ headers, method }: IncomingMessage): boolean {
  return headers.origin !== undefined || method === 'OPTIONS';
}
