// The contract of a wire format, both directions. Four groups, four files in each dialect's folder (request, reply, stream,
// error), in the same order, so that two dialects can be read side by side. Everything here is synchronous and pure.

import type { Body } from '../body.ts';
import type { Carried, DialectId, Envelope, Operation, Target } from '../envelope.ts';
import type { GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { Limits } from '../ir/limits.ts';
import type { FinishReason, Reply, ReplyEvent, Usage } from '../ir/reply.ts';
import type { ChatRequest } from '../ir/request.ts';
import type { JsonObject } from '../json.ts';
import type { Report } from '../loss.ts';

/**
 * A wire format: what it offers to clients, how its bytes are read and written, and what its home service demands of a history. Plain data
 * and pure functions: what it must remember of one reply is in the decoders, encoders and meters that it makes.
 */
export interface Dialect {
  readonly id: DialectId;
  /** The name a person would use. */
  readonly title: string;
  /** Who makes the seals that its opaque slots hold unmarked: `openai`, `anthropic`, `google`. */
  readonly maker: string;
  /** What it offers to clients. Empty: upstream only. */
  readonly routes: readonly Route[];
  /** The shortest body of a client, without what its path or its envelope say: what is explained where nobody gave one. */
  readonly greeting: JsonObject;
  readonly request: RequestCodec;
  readonly reply: ReplyCodec;
  readonly stream: StreamCodec;
  readonly error: ErrorCodec;
  /** Counting tokens on this wire; absent where the dialect has no counter (OpenAI Chat). */
  readonly count?: CountCodec;
  readonly limits: Limits;
  /** Request headers of its clients that mean something to an upstream of the same dialect; lower case. */
  readonly forwards?: readonly string[];
  /** Its clients do not bring all seals back, so that the gateway remembers them. */
  readonly forgetsSeals?: boolean;
  /** Its replies are stored, and later requests refer to them by id. */
  readonly storesReplies?: boolean;
  /** Conversations that an upstream keeps: only the account that has one can go on with it. */
  readonly kept?: KeptConversations;
}

/** Which requests go on with a conversation that an upstream keeps, and whose replies can be gone on from: only by the same account. */
export interface KeptConversations {
  /** The id of the reply that a request goes on from. */
  continued(body: Body): string | undefined;
  /** Whether the reply to a request can be gone on from. */
  holds(body: Body): boolean;
  /** What to say where several accounts could be asked and nobody knows whose it is; absent: the upstream says it. */
  lost?(): GatewayError;
}

/** A path that clients of a dialect call, and what they ask for there. */
export interface Route {
  readonly method: 'POST';
  /** The path, or with a trailing `*` everything below it: `/v1beta/models/*`. */
  readonly path: string;
  readonly operation: Operation;
  /** What a path below a trailing `*` may end in, after a colon. */
  readonly actions?: readonly string[];
}

/** A client's call as a dialect sees it. */
export interface InboundCall {
  readonly operation: Operation;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** A request header, or undefined; by its name in lower case. */
  header(name: string): string | undefined;
  readonly body: Body;
}

/** How a conversation opened, in the beginnings of its texts. */
export interface Opening {
  /** The system prompt and the first user message. */
  readonly text: string;
  /** What the model first said; empty where that is too far into the body. Absent: it has said nothing yet. */
  readonly answer?: string;
}

/** Requests: what routing may know of one, its translation both ways, and the edits of a body that stays in its dialect. */
export interface RequestCodec {
  /** Cheap and total: reads only top-level members. Throws `bad-request` where the model cannot be told. */
  envelope(call: InboundCall): Envelope;
  /**
   * How the conversation opened; undefined where the user said nothing in words. Reads the head of the body alone.
   */
  opening(body: Body): Opening | undefined;
  /** What a body brings beside text, as far as its bytes tell. */
  carried(body: Body): ReadonlySet<Carried>;
  /** wire → IR. Reports members that the IR cannot hold (unless null, empty or the default). Throws `bad-request` with the path at fault. */
  decode(body: JsonObject, report: Report): ChatRequest;
  /** IR → wire, for a history that `repair` has made acceptable. Reports what the wire cannot say; throws `bad-request` where meaning would change. */
  encode(request: ChatRequest, target: Target, report: Report): JsonObject;
  /** The edits every body gets, translated or not: model, stream, usage reporting. Splices; never re-prints the rest. */
  retarget(body: Body, target: Target): Body;
  /**
   * A same-dialect body whose thinking is what the model takes: what the model's name asked for beats the body (clamped to the
   * limits), a level or budget of the body that the model does not have is a `bad-request`. Models of unknown limits get what the
   * client wrote.
   */
  fitThinking(body: Body, target: Target, operation: Operation, report: Report): Body;
  /** The paths at which a body says how much to think: for showing what was asked for and what was sent. */
  readonly thinking: readonly string[];
  /** A same-dialect body that carries our seal marks: tokens of this maker become bare, those of others go with their reasoning. */
  unseal(body: Body, maker: string, report: Report): Body;
  /** A same-dialect body without any sealed reasoning, for an account that cannot read what it carries. */
  dropSeals(body: Body, report: Report): Body;
}

/** What an encoder may know of the request that a reply answers. */
export interface ReplyContext {
  readonly envelope: Envelope;
  /** The model name to show. */
  readonly model: string;
  /** The client's own body, for what its dialect echoes. */
  readonly request: JsonObject;
  /** Unix seconds. */
  readonly created: number;
  /** 24 random letters and digits: ids that upstream did not give are made from it (`msg_${id}`), so that tests can fix them. */
  readonly id: string;
  /** Told what the client's dialect cannot say of the reply. */
  readonly report: Report;
}
/** Who is speaking, for a decoder: seals read from this reply belong to this maker. */
export interface Origin {
  readonly maker: string;
}

/** Whole replies: their translation both ways, and what one says of itself that passes by. */
export interface ReplyCodec {
  /** The top-level member in which a whole reply names its model. */
  readonly modelMember: string;
  /** Throws a GatewayError for an error in a 200 body, or for a body that is no reply at all. */
  decode(body: JsonObject, origin: Origin): Reply;
  /** Reports what the dialect has no place for. `context` names the model and the ids to show. */
  encode(reply: Reply, context: ReplyContext): JsonObject;
  /** What a same-dialect reply says of itself, read from the bytes without parsing the rest. */
  meter(body: Body): Reading;
}

/** Streams of replies: their translation both ways, and what is done to one that stays in its dialect. */
export interface StreamCodec {
  /** For one reply, as is what `encoder` and `meter` make. */
  decoder(origin: Origin): ReplyDecoder;
  /** The data of its frames is one line. */
  encoder(context: ReplyContext): ReplyEncoder;
  meter(): Meter;
  /** The frame with another model name: one declared edit, for operators who want their alias back. */
  relabel(frame: Frame, model: string): Frame;
  /** How a same-dialect stream that was passed through and broke off is ended: a retryable error in dialect. */
  failure(error: GatewayError, context: ReplyContext, meter: Reading): Frame[];
  /** Its streams say themselves when they are over; others go on until their bytes end. */
  readonly endsItself: boolean;
  /** Frames owed to a client when upstream ended well but left out its last courtesy (`[DONE]`). */
  closing(reading: Reading): Frame[];
  /** What may be sent at any time between frames to keep a connection alive; a whole SSE block. */
  readonly keepAlive: string;
}
/** Reads one stream: frames as events, in the grammar of `ir/reply.ts`. */
export interface ReplyDecoder {
  /** Never throws: what is wrong becomes a `failure` event, after which everything is ignored. */
  push(frame: Frame): ReplyEvent[];
  /** Upstream's stream ended. Gives the last word if it was not given: `finish` where the dialect allows, else `failure`. */
  end(): ReplyEvent[];
}
/** Writes one stream: the frames that an event becomes; none where it is only said together with what comes next. */
export type ReplyEncoder = (event: ReplyEvent) => Frame[];

/** What is known so far of a reply that passes by. */
export interface Reading {
  /** Upstream's own; so is the model's name. */
  readonly id?: string;
  readonly model?: string;
  readonly usage?: Usage;
  readonly finish?: { readonly reason: FinishReason; readonly raw?: string };
  readonly failure?: GatewayError;
  /** The dialect's terminal event was seen: an end of the stream is legal now. */
  readonly ended: boolean;
  /** The final courtesy frame (`[DONE]`) was seen; true for dialects that have none. */
  readonly closed: boolean;
  /** The last frame read, for continuing its numbering. */
  readonly sequence?: number;
}
/** A reading in the making. */
export type ReadingDraft = { -readonly [K in keyof Reading]: Reading[K] };

/** Reads along in one stream that passes by unchanged. */
export interface Meter {
  /** ASCII substrings of seven bytes or more, in an array of the dialect's own; a frame that holds none of them need not be read. */
  readonly marks: readonly string[];
  /** Called in order, at least with every frame that holds a mark. */
  read(frame: Frame): void;
  readonly reading: Reading;
  /** The frame read last reports usage and nothing else: it must not reach clients of this dialect that did not ask for it. */
  readonly onlyUsage?: boolean;
}

/** Errors: what an upstream answered as one of our kinds, and any of our kinds as clients of the dialect know it. */
export interface ErrorCodec {
  /** An upstream's error answer. `body` is the text as it came (perhaps HTML, perhaps empty); header names are lower case. */
  decode(status: number, body: string, headers: Readonly<Record<string, string>>): GatewayError;
  /** The HTTP status and the body that a client gets. */
  encode(error: GatewayError): { readonly status: number; readonly body: JsonObject };
}

/** Counting the tokens of a request without having it answered. */
export interface CountCodec {
  /** The body of a counting call as the body of a generating one (Gemini wraps it). */
  unwrap(body: JsonObject): JsonObject;
  /** A generating body as a counting one: fields the counter refuses are left out. */
  wrap(body: JsonObject, target: Target): JsonObject;
  /** The tokens that an upstream's answer tells of. */
  decode(reply: JsonObject): number;
  encode(tokens: number): JsonObject;
}
