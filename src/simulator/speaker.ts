// What a dialect is to the simulator: a request understood (Ask), an answer decided (Plan), and the Speaker that hears the one
// and says the other in its own wire format.

import type { JsonObject } from '../json.ts';
import type { Signer } from './signature.ts';

/** The dialects that are simulated, by the names the gateway has for them. */
export type Tongue = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini';

/** One HTTP request as it came. Header names are in lower case. */
export interface Call {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What was asked, in no vendor's words: all that deciding an answer needs. */
export interface Ask {
  readonly tongue: Tongue;
  readonly model: string;
  readonly stream: boolean;
  /** What the user said last: the text of the user turn that ends the conversation. */
  readonly prompt: string;
  /** Results of tools that end the conversation. */
  readonly results: readonly { readonly name: string; readonly text: string }[];
  readonly tools: readonly OfferedTool[];
  readonly choice: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Whether several calls at once are allowed. */
  readonly parallel: boolean;
  /** An answer in JSON is wanted; of this schema, if there is one. */
  readonly json?: { readonly schema?: JsonObject };
  /** Whether thinking was asked for. */
  readonly thinks: boolean;
  /** Whether the text of thoughts may be shown when the request alone asked for thinking. */
  readonly showsThoughts: boolean;
  readonly maxTokens?: number;
  readonly stops: readonly string[];
  /** How likely each token was is asked for, and how many of the likeliest beside it. */
  readonly logprobs?: number;
  /** The places where a prompt cache may end, shortest prefix first. */
  readonly prefixes: readonly Prefix[];
  /** Cached only where the request marks it (Messages), or by itself when long enough (the others). */
  readonly caching: 'marked' | 'automatic';
  /** All text of the request, for counting. */
  readonly text: string;
  /** The body as it came, for the few members that are echoed or that only the wire format knows. */
  readonly body: JsonObject;
  /** Facts of the path: a Vertex path, a stream as one JSON array. */
  readonly vertex?: boolean;
  readonly array?: boolean;
}

/** A beginning of the conversation: the hash of it, and what it costs. */
export interface Prefix {
  readonly key: string;
  readonly tokens: number;
}

/** A tool of the client's that may be called. `schema` is that of its arguments. */
export interface OfferedTool {
  readonly name: string;
  readonly schema?: JsonObject;
  /** Takes free text instead of JSON. */
  readonly freeform?: boolean;
  /** The namespace it belongs to (Responses). */
  readonly namespace?: string;
}

/** One thing that an answer says. A text that is `whole` comes in one event; of a `hidden` thought only the seal is told, if that. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly whole?: boolean }
  | { readonly kind: 'think'; readonly text: string; readonly form: 'shown' | 'hidden' | 'redacted' }
  | CallPiece
  | { readonly kind: 'image'; readonly data: string; readonly mediaType: string }
  | { readonly kind: 'refusal'; readonly text: string };

/** A call of a tool. */
export interface CallPiece {
  readonly kind: 'call';
  readonly id: string;
  readonly name: string;
  /** JSON text, or free text where the tool takes that. */
  readonly input: string;
  readonly freeform: boolean;
  readonly namespace?: string;
}

/** Why the answer ends, in plain words; any other word is said as it is, in the place of the vendor's own. */
export type Ending =
  | 'stop'
  | 'length'
  | 'tool'
  | 'refusal'
  | 'filter'
  | 'pause'
  | 'sequence'
  | 'context'
  | 'failed'
  | (string & {});

/** What an answer costs, in tokens. `cached` and `written` are parts of the prompt, `reasoning` is one of the output. */
export interface Tokens {
  /** The whole prompt, cached parts included. */
  readonly input: number;
  /** All that was said, thoughts included. */
  readonly output: number;
  readonly cached: number;
  readonly written: number;
  readonly reasoning: number;
}

/** An answer that is decided, in no vendor's words. */
export interface Plan {
  /** Source of the ids in the answer: the same for the same request under the same seed. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly pieces: readonly Piece[];
  readonly ending: Ending;
  /** The stop sequence that was met. */
  readonly met?: string;
  /** Gemini alone: the prompt itself was blocked. */
  readonly blocked?: boolean;
  /** Absent: the service reports none. */
  readonly usage?: Tokens;
}

/** One event of a stream, framed. */
export interface Said {
  /** The event as it goes over the wire, its framing included. */
  readonly wire: string;
  /** `open`: before any content; `close`: what makes the stream complete. */
  readonly part: 'open' | 'content' | 'close';
  /** What remains of a closing event when the stream is to end without its last word. */
  readonly unclosed?: string;
}

/** Why a request is refused, or what a scripted fault says. */
export interface Complaint {
  /** The HTTP status. The other words are the vendor's usual ones for it where they are absent. */
  readonly status: number;
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  /** Features that this request asked for in vain, as Anthropic tells its client library. */
  readonly unsupported?: readonly string[];
  /** Seconds. */
  readonly retryAfter?: number;
  /** Members of Gemini's `details`. */
  readonly details?: readonly JsonObject[];
}

/** Thrown by the strict checks. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.message ?? `status ${complaint.status}`);
    this.complaint = complaint;
  }
}

/** Refuses the request with 400 and this message. */
export function refuse(message: string, facts: Partial<Complaint> = {}): never {
  throw new Refusal({ status: 400, message, ...facts });
}

/** One vendor's wire format. */
export interface Speaker {
  readonly tongue: Tongue;
  /** The name a person would use. */
  readonly title: string;
  /** Understands a body. What cannot be understood is left out: to refuse it is for `check`. */
  hear(body: JsonObject, call: Call): Ask;
  /** Refuses (throws Refusal) what the real service would refuse. */
  check(ask: Ask, call: Call, signer: Signer): void;
  /** The answer as one object. */
  whole(ask: Ask, plan: Plan, signer: Signer): JsonObject;
  /** The same answer event by event. */
  stream(ask: Ask, plan: Plan, signer: Signer): Iterable<Said>;
  /** What keeps an idle stream alive. */
  keepAlive(ask: Ask): string;
  /** An error within a stream that began well and said so many events. */
  failure(ask: Ask, plan: Plan, complaint: Complaint, said: number): string;
  /** The body of an error answer. */
  error(complaint: Complaint, requestId: string): JsonObject;
}
