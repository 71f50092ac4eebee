// Tool calls of a reply: to which call a delta belongs, where services leave out, repeat or confuse index, id and name.

import { argumentText } from '../../ir/arguments.ts';
import type { Seal } from '../../ir/seal.ts';
import { asNumber, asObject, asString, type JsonObject, parseObject } from '../../json.ts';
import type { Origin } from '../dialect.ts';
import type { PartQueue, QueuedPart } from './part-queue.ts';
import { readExtra } from './seals.ts';

interface Call {
  readonly part: QueuedPart;
  readonly index: number | undefined;
  readonly id: string;
  named: boolean;
  seal: Seal | undefined;
}

/** The calls of one reply, read from deltas or from a whole message, and told through the queue. */
export class CallReader {
  readonly #queue: PartQueue;
  readonly #origin: Origin;
  readonly #calls: Call[] = [];
  #replyId = '';

  constructor(queue: PartQueue, origin: Origin) {
    this.#queue = queue;
    this.#origin = origin;
  }

  /** Whether any call got a name. */
  get any(): boolean {
    return this.#calls.some((call) => call.named);
  }

  /** Calls without an id are named after the reply, so that ids differ from turn to turn. */
  nameAfter(replyId: string): void {
    this.#replyId = replyId;
  }

  /** One entry of `tool_calls`; `position` counts where the entries of a whole message carry no index. */
  read(delta: JsonObject, position?: number): void {
    const custom = asObject(delta.custom);
    const definition = custom ?? asObject(delta.function) ?? {};
    const name = asString(definition.name) ?? '';
    const id = asString(delta.id) ?? '';
    const index = asNumber(delta.index) ?? position;
    const call = this.#find(index, id, name) ?? this.#open(index, id);
    if (!call.named && name !== '') this.#name(call, name, custom !== undefined);
    if (delta.extra_content) call.seal = readExtra(delta.extra_content, this.#origin.maker).seal ?? call.seal;
    this.#queue.append(call.part, argumentText(custom ? custom.input : definition.arguments));
  }

  /** Calls whose arguments never came take none. */
  fillEmpty(): void {
    for (const { part } of this.#calls)
      if (part.head?.type === 'tool-call' && !part.head.freeform && part.input === '') this.#queue.append(part, '{}');
  }

  #find(index: number | undefined, id: string, name: string): Call | undefined {
    const same = id === '' ? undefined : this.#calls.find((call) => call.id === id);
    // One id for several calls: a named delta with another index begins a new one.
    if (same && (index === undefined || same.index === index || name === '')) return same;
    if (index !== undefined) {
      const there = this.#calls.findLast((call) => call.index === index);
      // One index for several calls: a named delta with another id begins a new one.
      return there && id !== '' && there.id !== '' && there.id !== id && name !== '' ? undefined : there;
    }
    const last = this.#calls.at(-1);
    if (!last || name === '') return last;
    if (id !== '') return undefined;
    return last.named && parseObject(last.part.input) ? undefined : last;
  }

  #open(index: number | undefined, id: string): Call {
    const call: Call = { part: this.#queue.open(undefined), index, id, named: false, seal: undefined };
    call.part.seal = () => call.seal;
    this.#calls.push(call);
    return call;
  }

  #name(call: Call, name: string, freeform: boolean): void {
    const position = this.#calls.indexOf(call);
    const taken = this.#calls.some((other) => other !== call && other.id === call.id);
    const id = call.id === '' || taken ? `call_${stemOf(this.#replyId)}_${position}` : call.id;
    call.named = true;
    call.part.head = { type: 'tool-call', id, name, ...(freeform && { freeform }) };
    this.#queue.advance();
  }
}

/** What of a reply's id may stand in the id of a call. */
function stemOf(replyId: string): string {
  return replyId
    .replace(/^chatcmpl-/, '')
    .replace(/[^A-Za-z0-9_-]/g, '')
    .slice(0, 48);
}
