// The trace of an exchange while it happens: what was considered and tried, put down once, as plain data.

import type { DialectId } from '../envelope.ts';
import type { GatewayError } from '../errors.ts';
import type { Loss } from '../loss.ts';
import { excerpt } from '../observe/excerpt.ts';
import type { AttemptTrace, ConsideredTrace, Draft, Trace } from '../observe/trace.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Plan } from '../routing/plan.ts';

/** One attempt: its times are in milliseconds since the exchange began. */
export class AttemptRecord {
  readonly trace: Draft<AttemptTrace>;
  readonly #journal: Pick<Journal, 'at'>;
  /** Something was sent. */
  #asked = false;

  constructor(
    { credential, model }: Candidate,
    dialect: DialectId | undefined,
    waited: number,
    journal: Pick<Journal, 'at'>,
  ) {
    this.#journal = journal;
    // All of them from the start: what is added later takes memory of its own.
    this.trace = {
      provider: credential.provider.id,
      credential: credential.label,
      model: model.id,
      dialect,
      begun: journal.at(),
      connectedAt: undefined,
      headersAt: undefined,
      contentAt: undefined,
      ended: undefined,
      status: undefined,
      kind: undefined,
      message: undefined,
      next: undefined,
      waited: waited > 0 ? Math.round(waited) : undefined,
      edits: undefined,
      losses: undefined,
      replyLosses: undefined,
    };
  }

  /** Whether its request was made and handed to the transport. */
  get asked(): boolean {
    return this.#asked;
  }

  /** The request is ready and leaves now. */
  prepared({ losses, edits }: { readonly losses: readonly Loss[]; readonly edits: readonly string[] }): void {
    this.#asked = true;
    if (losses.length > 0) this.trace.losses = losses;
    if (edits.length > 0) this.trace.edits = edits;
  }

  /** What the client's dialect could not say of its reply. */
  lost(losses: readonly Loss[]): void {
    if (losses.length > 0) this.trace.replyLosses = losses;
  }

  connected(): void {
    this.trace.connectedAt = this.#journal.at();
  }

  headed(status: number): void {
    this.trace.headersAt = this.#journal.at();
    this.trace.status = status;
  }

  content(): void {
    this.trace.contentAt = this.#journal.at();
  }

  ended(): void {
    this.trace.ended ??= this.#journal.at();
  }

  /** How it failed, and what follows. */
  failed(error: GatewayError, next: string): void {
    this.trace.kind = error.kind;
    this.trace.status ??= error.status;
    this.trace.message = excerpt(error.message);
    this.trace.next = next;
  }
}

/** Candidates a trace shows. Pools no larger are looked through for each request, larger ones only as far as they were tried. */
const shown = 12;

/** What is put down while an exchange is under way, and read when it is over. */
export interface Journal {
  /** Milliseconds since the exchange began, to a hundredth. */
  at(): number;
  readonly attempts: readonly AttemptRecord[];
  /** Puts down who is considered. Called at most once, before any attempt. */
  planned(plan: Plan): void;
  /** An attempt begins: what happens to it goes into the record. `waited`: milliseconds that were waited before it. */
  attempt(candidate: Candidate, dialect: DialectId | undefined, waited: number): AttemptRecord;
  /** All of it as it stands now. */
  trace(): Trace;
  /** What the gateway and the upstream took so far, as a `server-timing` header says it. */
  timing(): string;
}

/** `now` is monotonic; `startedAt` is a time of it. */
export function openJournal(startedAt: number, now: () => number): Journal {
  return new Notes(startedAt, now);
}

const nothing: readonly never[] = [];

class Notes implements Journal {
  readonly attempts: AttemptRecord[] = [];
  readonly #startedAt: number;
  readonly #now: () => number;
  #plan: Plan | undefined;
  #considered: readonly ConsideredTrace[] | undefined;
  /** Instead, where the pool is a large one. */
  #tried: Map<Candidate, ConsideredTrace> | undefined;

  constructor(startedAt: number, now: () => number) {
    this.#startedAt = startedAt;
    this.#now = now;
  }

  at(): number {
    return Math.round((this.#now() - this.#startedAt) * 100) / 100;
  }

  planned(plan: Plan): void {
    this.#plan = plan;
    const { candidates } = plan.resolution;
    if (candidates.length <= shown) this.#considered = consider(plan, candidates);
    else this.#tried = new Map();
  }

  attempt(candidate: Candidate, dialect: DialectId | undefined, waited: number): AttemptRecord {
    if (this.#tried && this.#tried.size < shown) this.#tried.set(candidate, named(candidate));
    const record = new AttemptRecord(candidate, dialect, waited, this);
    this.attempts.push(record);
    return record;
  }

  trace(): Trace {
    const plan = this.#plan;
    const considered = this.#considered ?? (this.#tried ? [...this.#tried.values()] : nothing);
    const first = this.attempts[0]?.trace;
    const attempts = this.attempts.length === 1 && first ? [first] : this.attempts.map(({ trace }) => trace);
    return {
      resolution: plan?.resolution.steps ?? nothing,
      order: plan?.order ?? nothing,
      considered,
      unshown: Math.max(0, (plan?.total ?? 0) - considered.length),
      attempts,
      queued: first?.begun ?? this.at(),
    };
  }

  timing(): string {
    return timingOf(this.attempts, this.at());
  }
}

function consider(plan: Plan, candidates: readonly Candidate[]): readonly ConsideredTrace[] {
  const passed = plan.passedOver();
  if (passed.length === 0) return namesOf(candidates);
  const left = new Map(passed.map((one) => [one.candidate, one]));
  return candidates.map((candidate) => {
    const one = left.get(candidate);
    if (!one) return named(candidate);
    return { ...named(candidate), because: one.because, ...(one.until !== undefined && { until: one.until }) };
  });
}

const names = new WeakMap<readonly Candidate[], readonly ConsideredTrace[]>();

/** Of nearly all requests for a name the traces say the same of these: they share it. */
function namesOf(candidates: readonly Candidate[]): readonly ConsideredTrace[] {
  let known = names.get(candidates);
  if (!known) {
    known = candidates.map(named);
    names.set(candidates, known);
  }
  return known;
}

function named({ credential, model }: Candidate): ConsideredTrace {
  return { provider: credential.provider.id, credential: credential.label, model: model.id };
}

/** Written for each answer, so with no more than it takes. */
function timingOf(attempts: readonly AttemptRecord[], total: number): string {
  let upstream = 0;
  let waited = 0;
  for (const { trace } of attempts) {
    upstream += (trace.ended ?? total) - trace.begun;
    waited += trace.waited ?? 0;
  }
  const gateway = Math.max(0, total - upstream - waited);
  let text = `gateway;dur=${tenths(gateway)}, upstream;dur=${tenths(upstream)}`;
  const first = attempts[0]?.trace;
  const last = attempts.at(-1)?.trace;
  if (!first || !last) return text;
  text += `, queue;dur=${tenths(first.begun)}`;
  if (waited > 0) text += `, wait;dur=${tenths(waited)}`;
  if (last.headersAt !== undefined) text += `, headers;dur=${tenths(last.headersAt - last.begun)}`;
  if (last.contentAt !== undefined) text += `, content;dur=${tenths(last.contentAt - last.begun)}`;
  return text;
}

/** As a decimal. Printed as two whole numbers: printing a fraction is far dearer. */
function tenths(milliseconds: number): string {
  const all = Math.round(milliseconds * 10);
  const whole = Math.floor(all / 10);
  const rest = all - whole * 10;
  return rest === 0 ? `${whole}` : `${whole}.${rest}`;
}
