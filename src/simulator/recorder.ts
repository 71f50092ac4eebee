// What the simulator was asked, kept for tests and people to look at: each request as it came, and how its answer ended.

import type { Json } from '../json.ts';
import { parseJson } from '../json.ts';
import type { Operation } from './routes.ts';
import type { Call, Tongue } from './speaker.ts';

/** One request and what came of it. Times are in milliseconds since 1970. */
export interface Recorded {
  /** Counts all requests from 0, forgotten ones too. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly raw: string;
  /** The body read as JSON; absent where it is none. */
  readonly body?: Json;
  readonly tongue?: Tongue;
  readonly operation?: Operation;
  readonly model?: string;
  readonly key?: string;
  /** The status of the answer, once its head was sent. */
  readonly status?: number;
  /** Bytes of the answer's body sent so far. */
  readonly sent: number;
  /** When the answer was complete (or was broken off on purpose). */
  readonly done?: number;
  /** When the client left before that. */
  readonly left?: number;
}

type Entry = { -readonly [Name in keyof Recorded]: Recorded[Name] };

/** One exchange, for whoever plays its steps to report on. */
export interface Report {
  /** What was found out of the request. */
  know(facts: Partial<Pick<Recorded, 'tongue' | 'operation' | 'model' | 'key'>>): void;
  /** The head of the answer was sent. */
  head(status: number): void;
  /** So many more bytes of its body were. */
  sent(bytes: number): void;
  /** The answer is complete, or was broken off on purpose. After this or `left` neither counts. */
  done(): void;
  /** The client left before that. */
  left(): void;
}

/** What was asked so far. */
export interface Recorder {
  /** Notes a request. It is under way until its report says `done` or `left`. */
  begin(call: Call): Report;
  /** Oldest first; those under way change as they go on. */
  recorded(): readonly Recorded[];
  /** Resolves when no exchange is under way. */
  idle(): Promise<void>;
  clear(): void;
}

/** Keeps the last `most` requests. */
export function recorder(now: () => number, most = 1000): Recorder {
  let entries: Entry[] = [];
  let count = 0;
  let open = 0;
  let watchers: (() => void)[] = [];
  const close = (): void => {
    open--;
    if (open > 0) return;
    for (const watcher of watchers.splice(0)) watcher();
  };
  return {
    begin(call) {
      const entry: Entry = { index: count++, at: now(), ...written(call), sent: 0 };
      entries = [...entries.slice(1 - most), entry];
      open++;
      return reportOn(entry, now, close);
    },
    recorded: () => entries,
    idle() {
      if (open === 0) return Promise.resolve();
      return new Promise((resolve) => {
        watchers = [...watchers, resolve];
      });
    },
    clear() {
      entries = [];
    },
  };
}

function written(call: Call): Pick<Recorded, 'method' | 'path' | 'headers' | 'raw' | 'body'> {
  const { method, path, headers, body: raw } = call;
  try {
    return { method, path, headers, raw, body: parseJson(raw) };
  } catch {
    return { method, path, headers, raw };
  }
}

function reportOn(entry: Entry, now: () => number, close: () => void): Report {
  let over = false;
  const end = (how: 'done' | 'left'): void => {
    if (over) return;
    over = true;
    entry[how] = now();
    close();
  };
  return {
    know: (facts) => void Object.assign(entry, facts),
    head(status) {
      entry.status = status;
    },
    sent(bytes) {
      entry.sent += bytes;
    },
    done: () => end('done'),
    left: () => end('left'),
  };
}
