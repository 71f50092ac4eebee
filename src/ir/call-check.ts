// Whether the calls of a reply can be run: what the client's own tools require of their arguments, held against what the model wrote.
// Nothing is changed or made up: what is missing is told.

import { type JsonObject, parseObject, strings } from '../json.ts';
import type { PartHead, Reply, ReplyEvent } from './reply.ts';
import type { Tool, ToolCallPart } from './request.ts';

/** Hears of a call that its tool cannot run. */
export interface CallWatch {
  /** The arguments of a call lack these members, which the schema of its tool requires. */
  lacking(tool: string, members: readonly string[]): void;
}

type Call = Pick<ToolCallPart, 'name' | 'namespace'>;

/** Listens to one reply as its client gets it. */
export class CallCheck {
  readonly #tools: readonly Tool[];
  readonly #watch: CallWatch;
  #call: Call | undefined;
  #input = '';

  constructor(tools: readonly Tool[], watch: CallWatch) {
    this.#tools = tools;
    this.#watch = watch;
  }

  /** A call is looked at when the reply goes on or ends: what the stream broke off in is nobody's to run. */
  hear(event: ReplyEvent): void {
    if (event.type === 'part-delta') {
      if (this.#call) this.#input += event.text;
    } else if (event.type === 'part-start' || event.type === 'finish') {
      if (this.#call) this.#look(this.#call, this.#input);
      this.#call = event.type === 'part-start' ? callOf(event.part) : undefined;
      this.#input = '';
    }
  }

  /** The same for a reply that comes as a whole. */
  whole({ parts }: Reply): void {
    for (const part of parts) if (part.type === 'tool-call' && !part.freeform) this.#look(part, part.input);
  }

  /** Text that is no object is told where it is written. */
  #look(call: Call, input: string): void {
    const required = requiredBy(this.#tools, call);
    if (required.length === 0) return;
    const args: JsonObject | undefined = input.trim() === '' ? {} : parseObject(input);
    const missing = args ? required.filter((member) => !Object.hasOwn(args, member)) : [];
    if (missing.length > 0) this.#watch.lacking(call.name, missing);
  }
}

function callOf(part: PartHead): Call | undefined {
  return part.type === 'tool-call' && !part.freeform ? part : undefined;
}

function requiredBy(tools: readonly Tool[], { name, namespace }: Call): readonly string[] {
  const tool = tools.find((one) => one.type === 'function' && one.name === name && one.namespace === namespace);
  return tool?.type === 'function' ? strings(tool.parameters?.required) : [];
}
