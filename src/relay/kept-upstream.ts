// Replies that an upstream keeps itself, stored responses and those within threads: which credential made each, so that reading,
// deleting and continuing one goes where it is kept.

import { LRUCache } from 'lru-cache';
import type { Dialect, InboundCall } from '../dialects/dialect.ts';
import type { Credential } from '../routing/credential.ts';
import type { Settings } from '../routing/settings.ts';
import type { Signal } from '../signal.ts';
import { readAll, type Transport } from '../transport/http.ts';
import type { WholeAnswer } from './exchange.ts';
import { fixedHeaders, replyHeaders, requestHeaders } from './headers.ts';

/** Who made which reply. Bounded, and lost at restart: what is not known here may be kept upstream all the same. */
export interface KeptUpstream {
  /** A reply of this id was made, and is kept where it was made. */
  note(id: string, made: Made): void;
  /** What the upstream answers at `/responses/{id}{rest}`; undefined where nobody's credential is known to have made it. */
  ask(question: Question, asking: Asking): Promise<WholeAnswer | undefined>;
  /** The credential that holds a reply which this client had made; undefined where that is not known. */
  holderOf(id: string, owner: string): string | undefined;
}
/** For whom a response was made, and by what. */
export interface Made {
  /** The client's fingerprint. */
  readonly owner: string;
  /** The credential's id. */
  readonly credential: string;
  /** What was spoken, on both sides. */
  readonly dialect: Dialect;
}
/** What a client asks of a reply that is kept. */
export interface Question {
  readonly method: 'GET' | 'DELETE';
  readonly id: string;
  /** What follows the id: `/input_items`, a query. */
  readonly rest: string;
}

/** Who asks, and with what. */
export interface Asking {
  /** The client's fingerprint. */
  readonly owner: string;
  readonly call: InboundCall;
  readonly snapshot: {
    /** As they are now: a key may have been exchanged since, or taken away. */
    readonly credentials: readonly Credential[];
    readonly settings: Pick<Settings, 'timeouts' | 'passHeaders'>;
  };
  readonly signal: Signal;
}

/** Replies that are remembered; ids are short, and upstreams themselves keep them for a month. */
const most = 10_000;
const replyLimit = 64 << 20;

/** Knows of no reply yet. */
export function createKeptUpstream(transport: Pick<Transport, 'send'>): KeptUpstream {
  const known = new LRUCache<string, Made>({ max: most });
  return {
    note(id, made) {
      known.set(id, made);
    },
    holderOf(id, owner) {
      const made = known.get(id);
      return made?.owner === owner ? made.credential : undefined;
    },
    async ask({ method, id, rest }, { owner, call, snapshot, signal }) {
      const made = known.get(id);
      if (made?.owner !== owner || !made.dialect.storesReplies) return undefined;
      const { dialect } = made;
      const credential = snapshot.credentials.find((one) => one.id === made.credential && one.unusable === undefined);
      const endpoint = credential?.provider.endpoints[dialect.id];
      if (!endpoint) return undefined;
      const { timeouts, passHeaders } = snapshot.settings;
      const { baseUrl, home, proxy } = credential;
      const target = { operation: 'generate', model: '', stream: false, action: undefined, baseUrl, home } as const;
      const { status, headers, body } = await transport.send(
        {
          method,
          url: new URL(`${endpoint.url(target)}/${encodeURIComponent(id)}${rest}`),
          headers: requestHeaders(call, fixedHeaders({ credential, endpoint, call: target }), dialect.forwards),
          timeouts: { ...timeouts, ...credential.timeouts },
          ...(proxy !== undefined && { proxy }),
        },
        signal,
      );
      const bytes = await readAll(body, replyLimit);
      const type = headers['content-type'] ?? 'application/json';
      return {
        type: 'whole',
        status,
        headers: { ...replyHeaders(headers, passHeaders), 'content-type': type },
        body: bytes,
      };
    },
  };
}
