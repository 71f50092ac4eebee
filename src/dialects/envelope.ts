// The envelope of a call, as all dialects make it of what each reads in its own way.

import type { Body } from '../body.ts';
import type { DialectId, Envelope, Operation } from '../envelope.ts';
import { badRequest } from '../errors.ts';
import type { InboundCall } from './dialect.ts';
import { sessionOf } from './session.ts';

/** What a dialect says of a call. */
export type Told = Pick<Envelope, 'dialect' | 'model' | 'stream' | 'usageWanted'> &
  Partial<Pick<Envelope, 'operation' | 'framing' | 'action'>>;

/** The envelope of a call: its operation is the call's, and its framing server-sent events, unless the dialect says otherwise. */
export function envelopeOf(call: InboundCall, told: Told): Envelope {
  return new CallEnvelope(call, told);
}

/** Whether a body asks for a stream. Another word than true or false some services take for true, so that nobody could tell what comes. */
export function streamOf(body: Body): boolean {
  const stream = body.get('stream');
  if (typeof stream === 'boolean' || stream === undefined || stream === null) return stream === true;
  throw badRequest('stream must be true or false.', 'stream', 'invalid_type');
}

class CallEnvelope implements Envelope {
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly model: string;
  readonly stream: boolean;
  readonly framing: 'sse' | 'json-array';
  readonly usageWanted: boolean;
  readonly action: string | undefined;
  /** Until somebody asked for the session: most requests have one candidate, and then nobody does. */
  #call: InboundCall | undefined;
  #session: string | undefined;

  constructor(call: InboundCall, told: Told) {
    this.dialect = told.dialect;
    this.operation = told.operation ?? call.operation;
    this.model = told.model;
    this.stream = told.stream;
    this.framing = told.framing ?? 'sse';
    this.usageWanted = told.usageWanted;
    this.action = told.action;
    this.#call = call;
  }

  get session(): string | undefined {
    if (this.#call) this.#session = sessionOf(this.#call);
    this.#call = undefined;
    return this.#session;
  }
}
