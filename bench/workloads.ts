// What is asked of every contender: the requests, and how much of a reply each brings.

export type Dialect = 'chat' | 'messages';

/** How the stub answers; it reads this off the model's name. */
export type Kind = 'json' | 'burst' | 'paced' | 'first';
export const kinds: readonly Kind[] = ['json', 'burst', 'paced', 'first'];

/** Deltas in one reply of each kind. */
export const deltasOf: Readonly<Record<Kind, number>> = { json: 1, burst: 200, paced: 200, first: 2 };
/** Time between two deltas of a paced stream, in milliseconds. */
export const pace = 2;

export interface Workload {
  readonly name: string;
  readonly kind: Kind;
  /** Bytes of the request body. */
  readonly size: number;
  readonly connections: number;
  /** Requests a second, sent whether or not earlier ones were answered; absent: as fast as replies come. */
  readonly rate?: number;
  /** What the processor time is divided by. */
  readonly per: 'request' | 'delta';
}

export const workloads: readonly Workload[] = [
  { name: '1kB', kind: 'json', size: 1_000, connections: 32, per: 'request' },
  { name: '100kB', kind: 'json', size: 100_000, connections: 16, per: 'request' },
  { name: '1MB', kind: 'json', size: 1_000_000, connections: 4, per: 'request' },
  { name: 'burst', kind: 'burst', size: 1_000, connections: 16, per: 'delta' },
  { name: 'paced', kind: 'paced', size: 1_000, connections: 64, per: 'delta' },
  { name: 'latency', kind: 'json', size: 1_000, connections: 8, rate: 100, per: 'request' },
  { name: 'first-token', kind: 'first', size: 1_000, connections: 8, rate: 100, per: 'request' },
];

/** A chat of an agent, with a few characters beyond Latin-1 as real ones have. */
function requestBody(dialect: Dialect, kind: Kind, size: number): Buffer {
  const turns: { role: string; content: string }[] = [
    { role: 'user', content: 'Please read the file and say what it does.' },
  ];
  const head = { model: `bench-${kind}`, max_tokens: 1000, stream: kind !== 'json' };
  const pad =
    'export function total(items) { return items.reduce((sum, item) => sum + item.price, 0); } // “why” – see below\n';
  let length = Buffer.byteLength(JSON.stringify({ ...head, messages: turns }));
  while (length < size) {
    const role = turns.length % 2 === 0 ? 'user' : 'assistant';
    const content = pad.repeat(Math.max(1, Math.min(20, Math.floor((size - length) / pad.length))));
    turns.push({ role, content });
    length += Buffer.byteLength(JSON.stringify({ role, content })) + 1;
  }
  if (turns.length % 2 === 0) turns.push({ role: 'user', content: 'Go on.' });
  const system = dialect === 'messages' ? { system: 'You are terse.' } : {};
  return Buffer.from(JSON.stringify({ ...head, ...system, messages: turns }));
}

function requestPath(dialect: Dialect): string {
  return dialect === 'chat' ? '/v1/chat/completions' : '/v1/messages';
}

/** The whole request as bytes. */
export function request(dialect: Dialect, kind: Kind, size: number): Buffer {
  const body = requestBody(dialect, kind, size);
  const key =
    dialect === 'chat' ? 'authorization: Bearer bench-key' : 'x-api-key: bench-key\r\nanthropic-version: 2023-06-01';
  const head = [
    `POST ${requestPath(dialect)} HTTP/1.1`,
    'host: 127.0.0.1',
    'user-agent: bench/1',
    'accept: */*',
    'content-type: application/json',
    key,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
