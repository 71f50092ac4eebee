// Who asks from this machine itself, and may see what others need a key for.

import type { IncomingMessage } from 'node:http';

/** What proxies, tunnels and content networks tell of whom they speak for; one such header is enough, whatever it holds. */
const onBehalf = /forwarded|connecting-ip|real-ip|client-?ip|^(?:via|cdn-loop|cf-.+|tailscale-.+)$/;

/**
 * From this machine, and not by way of a proxy or tunnel on it, behind which everybody would seem to be near, nor from a page that a
 * browser on it shows. nginx, left to itself, names nobody, but speaks HTTP/1.0 to what is behind it.
 */
export function isNear({ socket, headers, httpVersion }: Asking): boolean {
  if (!/^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '') || httpVersion === '1.0') return false;
  return headers.origin === undefined && !Object.keys(headers).some((name) => onBehalf.test(name));
}

type Asking = Pick<IncomingMessage, 'headers' | 'httpVersion'> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};
