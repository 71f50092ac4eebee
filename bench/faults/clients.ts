// The clients of the fault load: streaming conversations over bare sockets, in a process of its own, one run per message from
// faults.ts. Each client looks at every byte it gets, and asks the gateway to explain what came to nothing.

import { connect, type Socket } from 'node:net';
import { type Message, messageReader, unchunked } from '../http-message.ts';
import type { Dialect } from '../workloads.ts';
import { deltas } from './fates.ts';
import { clientKey, clientModels } from './pool.ts';

export interface Run {
  readonly port: number;
  readonly clients: number;
  readonly seconds: number;
  /** Begins the ids of this run's requests. */
  readonly prefix: string;
}

/** How an answer was wrong. */
export type Ending =
  /** The stream ended with an error after content, or before any. */
  | 'broken'
  | 'error-event'
  /** A status other than 200. */
  | 'refused'
  /** No end and no error; deltas that are missing, out of order or there twice; no answer; no answer in time. */
  | 'truncated'
  | 'garbled'
  | 'lost'
  | 'stuck';

export interface Failure {
  readonly request: string;
  readonly model: string;
  readonly ending: Ending;
  readonly status: number;
  /** Wall-clock milliseconds when the client knew. */
  readonly at: number;
  /** It was told when to come back. */
  readonly waits: boolean;
  /** Deltas that the client got. */
  readonly heard: number;
  readonly text: string;
  /** What the gateway says of it, where no content had come. */
  readonly explained?: string;
}

export interface Heard {
  readonly requests: number;
  readonly failures: readonly Failure[];
  /** Milliseconds of those that were answered. */
  readonly first: Spread;
  readonly whole: Spread;
}
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds that a client waits after a refusal, as clients do, and after which it takes a request to be stuck. */
const pauseAfterRefusal = 500;
const patience = 30_000;
/** Requests of one conversation, for those clients that lead one. */
const conversation = 5;

interface Asked {
  readonly request: string;
  readonly model: string;
  readonly sent: number;
  first: number;
}

/** Sends and gives the answer to each request on one connection, which is made anew when it is lost. */
class Line {
  readonly #port: number;
  #socket: Socket | undefined;
  #take: ((message: Message | undefined) => void) | undefined;
  #hear: (() => void) | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Undefined: the connection was lost. */
  ask(bytes: Buffer, hear?: () => void): Promise<Message | undefined> {
    this.#hear = hear;
    const socket = this.#socket ?? this.#dial();
    return new Promise((resolve) => {
      this.#take = resolve;
      socket.write(bytes);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #dial(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const tell = (message: Message | undefined): void => {
      const take = this.#take;
      this.#take = undefined;
      take?.(message);
    };
    const progress = (piece: Buffer): void => {
      if (!this.#hear || !piece.includes(' tok')) return;
      this.#hear();
      this.#hear = undefined;
    };
    const lost = (): void => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      tell(undefined);
    };
    socket.on('data', messageReader(tell, progress)).on('error', lost).on('close', lost);
    this.#socket = socket;
    return socket;
  }
}

function post(dialect: Dialect, model: string, request: string, opening: string): Buffer {
  const messages = [
    { role: 'user', content: `Conversation ${opening}: read the file and say what it does.` },
    { role: 'assistant', content: 'It adds up prices. '.repeat(30) },
    { role: 'user', content: `Go on. [request ${request}]` },
  ];
  const body = Buffer.from(JSON.stringify({ model, max_tokens: 1000, stream: true, messages }));
  const [path, more] =
    dialect === 'chat' ? ['/v1/chat/completions', ''] : ['/v1/messages', 'anthropic-version: 2023-06-01\r\n'];
  return Buffer.concat([head('POST', path, `${more}x-request-id: ${request}\r\n`, body.length), body]);
}

function head(method: string, path: string, more = '', length = 0): Buffer {
  const fixed = `host: 127.0.0.1\r\nuser-agent: bench/1\r\nauthorization: Bearer ${clientKey}\r\n`;
  const body = `content-type: application/json\r\ncontent-length: ${length}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fixed}${more}${length > 0 ? body : ''}\r\n`);
}

/** How many of the numbered deltas came, in order; undefined where they are not in order. */
function deltasIn(text: string): number | undefined {
  let count = 0;
  for (const [, number] of text.matchAll(/ tok(\d+) /g)) if (Number(number) !== count++) return undefined;
  return count;
}

type Verdict = Pick<Failure, 'ending' | 'status' | 'waits' | 'heard' | 'text'>;

/** What is wrong with an answer; undefined where nothing is. */
function wrongWith(message: Message | undefined, dialect: Dialect, late: boolean): Verdict | undefined {
  if (!message) return { ending: late ? 'stuck' : 'lost', status: 0, waits: false, heard: 0, text: '' };
  const status = Number(message.head.slice(9, 12));
  const text = /\r\ntransfer-encoding: *chunked/i.test(message.head)
    ? unchunked(message.body)
    : message.body.toString();
  const waits = /\r\nretry-after: *\d/i.test(message.head);
  if (status !== 200) return { ending: 'refused', status, waits, heard: 0, text: text.slice(0, 2000) };
  const heard = deltasIn(text);
  const told = { status, waits, heard: heard ?? 0, text: text.slice(-1000) };
  if (heard === undefined) return { ...told, ending: 'garbled' };
  const ended = dialect === 'chat' ? text.endsWith('data: [DONE]\n\n') : text.includes('event: message_stop');
  if (/"error": ?\{/.test(text)) return { ...told, ending: heard > 0 ? 'broken' : 'error-event' };
  if (!ended) return { ...told, ending: 'truncated' };
  return heard === deltas ? undefined : { ...told, ending: 'garbled' };
}

async function run({ port, clients, seconds, prefix }: Run): Promise<Heard> {
  const failures: Failure[] = [];
  const firsts: number[] = [];
  const wholes: number[] = [];
  const end = performance.now() + seconds * 1000;
  let requests = 0;

  const explained = async (line: Line, { request }: Asked): Promise<string | undefined> => {
    // The last word on an exchange may come a moment after its answer.
    for (let look = 0; look < 20; look++) {
      const message = await line.ask(head('GET', `/v1/explain/${request}`));
      if (message?.head.startsWith('HTTP/1.1 200')) return message.body.toString();
      await sleep(25);
    }
    return undefined;
  };
  const one = async (line: Line, number: number, nth: number): Promise<void> => {
    const dialect: Dialect = number % 4 === 3 ? 'messages' : 'chat';
    const model = clientModels[number % clientModels.length] ?? '';
    const request = `${prefix}-${number}-${nth}`;
    const opening = `${prefix} ${number} ${number % 2 === 0 ? Math.floor(nth / conversation) : nth}`;
    const asked: Asked = { request, model, sent: performance.now(), first: 0 };
    requests += 1;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      line.close();
    }, patience);
    const answer = await line.ask(post(dialect, model, request, opening), () => {
      asked.first = performance.now();
    });
    clearTimeout(timer);
    const wrong = wrongWith(answer, dialect, late);
    if (!wrong) {
      firsts.push(asked.first - asked.sent);
      wholes.push(performance.now() - asked.sent);
      return;
    }
    const at = Date.now();
    const explanation = wrong.heard === 0 ? await explained(line, asked) : undefined;
    failures.push({ request, model, at, ...wrong, ...(explanation !== undefined && { explained: explanation }) });
    if (wrong.heard === 0) await sleep(pauseAfterRefusal);
  };
  const client = async (number: number): Promise<void> => {
    const line = new Line(port);
    // Not all at once: a stream takes about a second.
    await sleep((number * 1000) / clients);
    for (let nth = 0; performance.now() < end; nth++) await one(line, number, nth);
    line.close();
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return { requests, failures, first: spreadOf(firsts), whole: spreadOf(wholes) };
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

process.on('message', (order: Run) => {
  void run(order).then((heard) => process.send?.(heard));
});
process.on('disconnect', () => process.exit());
