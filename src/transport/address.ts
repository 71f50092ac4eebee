// Where a request goes, in the parts that it takes to send it there.

/** The parts of a URL that a request is sent by; every URL has them. */
export type Address = Pick<URL, 'origin' | 'host' | 'pathname' | 'search'>;

/** Far more than a configuration has endpoints and models. */
const most = 5000;
const known = new Map<string, Address>();

/** The parts of a URL that many requests go to, found once: reading it takes longer than to look it up. Throws where it is none. */
export function addressOf(text: string): Address {
  let address = known.get(text);
  if (!address) {
    const { origin, host, pathname, search } = new URL(text);
    address = { origin, host, pathname, search };
    if (known.size >= most) known.clear();
    known.set(text, address);
  }
  return address;
}
