// As much of HTTP/1.1 as the load generator and the stub need to talk to servers and clients that behave: they must cost next
// to nothing beside what they measure.

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

export interface Message {
  /** Start line and headers. */
  readonly head: string;
  readonly body: Buffer;
}

/** Reads messages off one connection, one after another. `progress` sees each piece of a body as it comes. */
export function messageReader(
  take: (message: Message) => void,
  progress?: (piece: Buffer) => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let head = '';
  let missing = 0;
  let chunked = false;
  let tail: Buffer = Buffer.alloc(0);

  const begin = (bytes: Buffer): Buffer | undefined => {
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      parts = [bytes];
      return undefined;
    }
    head = bytes.toString('latin1', 0, end);
    chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    parts = [];
    return bytes.subarray(end + 4);
  };
  const finish = (): void => {
    const message = { head, body: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts) };
    parts = [];
    head = '';
    tail = Buffer.alloc(0);
    take(message);
  };
  const body = (bytes: Buffer): void => {
    if (bytes.length > 0) {
      parts.push(bytes);
      progress?.(bytes);
    }
    if (chunked) {
      tail = bytes.length >= 5 ? bytes.subarray(-5) : Buffer.concat([tail, bytes]).subarray(-5);
      if (tail.equals(lastChunk)) finish();
    } else {
      missing -= bytes.length;
      if (missing <= 0) finish();
    }
  };
  return (chunk) => {
    if (head !== '') {
      body(chunk);
      return;
    }
    const rest = begin(parts.length > 0 ? Buffer.concat([...parts, chunk]) : chunk);
    if (rest) body(rest);
  };
}

/** One piece of a chunked body. */
export function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** The text of a chunked body, for checking what came. */
export function unchunked(body: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, line), 16);
    if (line < 0 || !(size > 0)) return Buffer.concat(parts).toString('utf8');
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
