// The names of tools as the target's service takes them, and the way back: what a client reads in a reply is spelled exactly
// as it wrote it, namespaces and freeform calls included.

import { parseObject } from '../json.ts';
import { fingerprint } from './fingerprint.ts';
import { collect, replay } from './fold.ts';
import type { Limits } from './limits.ts';
import type { PartHead, Reply, ReplyEvent } from './reply.ts';
import type { Tool } from './request.ts';

/** A tool as the client knows it. */
export interface ToolName {
  readonly name: string;
  readonly namespace?: string;
}
/** The same tool as it is called on the wire, and how a call of it is told to the client. */
interface Entry {
  readonly wire: ToolName;
  readonly client: ToolName;
  /** A freeform tool that stands on the wire as a function with one string `input`. */
  emulated: boolean;
}

/** The way back from wire names to the client's, for the replies to one request. */
export interface ToolNames {
  /** The tools as the client declared them. */
  readonly tools: readonly Tool[];
  /** Nothing was renamed: events pass as they are. */
  readonly unchanged: boolean;
  /** For one stream: gives each event with the client's own names. */
  restorer(): (event: ReplyEvent) => readonly ReplyEvent[];
  /** The same for a whole reply. */
  restore(reply: Reply): Reply;
}

/** Gives out wire names while a request is repaired; `names` then knows the way back. */
export class NameBook {
  readonly #limits: Pick<Limits, 'toolName' | 'namespaces' | 'freeformTools'>;
  readonly #byClient = new Map<string, Entry>();
  readonly #byWire = new Map<string, Entry>();
  readonly #occupied = new Set<string>();
  readonly #nextSuffix = new Map<string, number>();
  #changed = false;

  constructor(limits: Pick<Limits, 'toolName' | 'namespaces' | 'freeformTools'>) {
    this.#limits = limits;
  }

  /** A wire name that no tool of the client's may have. */
  occupy(name: string): void {
    this.#occupied.add(key({ name }));
  }

  /** Keeps for each name that fits as it is just that name, before others are bent into it. */
  reserve(tools: readonly ToolName[]): void {
    for (const tool of tools) {
      const joined = this.#joined(tool);
      if (fits(joined.name, this.#limits.toolName) && !this.#isTaken(joined)) this.#enter(tool, joined);
    }
  }

  /** The wire name of a tool; the same at every mention. */
  wire(tool: ToolName): ToolName {
    const known = this.#byClient.get(key(tool));
    if (known) return known.wire;
    const joined = this.#joined(tool);
    const name = this.#unique({ ...joined, name: fitName(joined.name, this.#limits.toolName) });
    return this.#enter(tool, name).wire;
  }

  /** The wire name of a freeform tool, which becomes a function where the target knows none. */
  wireFreeform(tool: ToolName): ToolName {
    const wire = this.wire(tool);
    const entry = this.#byClient.get(key(tool));
    if (entry && !this.#limits.freeformTools) {
      entry.emulated = true;
      this.#changed = true;
    }
    return wire;
  }

  /** The way back, for a client that declared these tools. */
  names(tools: readonly Tool[]): ToolNames {
    const byWire = this.#byWire;
    const unchanged = !this.#changed;
    const restorer = unchanged ? () => asItIs : () => restoreWith(byWire);
    return {
      tools,
      unchanged,
      restorer,
      restore: (reply) => (unchanged ? reply : collect(replay(reply).flatMap(restorer()))),
    };
  }

  #joined({ name, namespace }: ToolName): ToolName {
    if (namespace === undefined) return { name };
    if (this.#limits.namespaces) return { name, namespace };
    return { name: namespace.endsWith('__') ? `${namespace}${name}` : `${namespace}__${name}` };
  }

  #isTaken(wire: ToolName): boolean {
    return this.#byWire.has(key(wire)) || this.#occupied.has(key(wire));
  }

  #unique(wire: ToolName): ToolName {
    if (!this.#isTaken(wire)) return wire;
    const stem = key(wire);
    for (let count = this.#nextSuffix.get(stem) ?? 2; ; count++) {
      const suffix = `_${count}`;
      const name = wire.name.slice(0, this.#limits.toolName.maxLength - suffix.length) + suffix;
      if (this.#isTaken({ ...wire, name })) continue;
      this.#nextSuffix.set(stem, count + 1);
      return { ...wire, name };
    }
  }

  #enter(client: ToolName, wire: ToolName): Entry {
    const entry: Entry = { wire, client: { ...client }, emulated: false };
    if (key(client) !== key(wire)) this.#changed = true;
    this.#byClient.set(key(client), entry);
    this.#byWire.set(key(wire), entry);
    return entry;
  }
}

function key({ name, namespace }: ToolName): string {
  return namespace === undefined ? name : `${namespace}\u0000${name}`;
}

function fits(name: string, { pattern, maxLength }: Limits['toolName']): boolean {
  return name.length <= maxLength && pattern.test(name);
}

/** The name in the letters and the length that the target allows, as readable as can be. */
function fitName(name: string, limit: Limits['toolName']): string {
  if (fits(name, limit)) return name;
  const short = shorten(name, limit.maxLength);
  if (fits(short, limit)) return short;
  const plain = shorten(name.replace(/[^A-Za-z0-9_-]/gu, '_'), limit.maxLength);
  if (fits(plain, limit)) return plain;
  const underscored = `_${plain}`.slice(0, limit.maxLength);
  return fits(underscored, limit) ? underscored : `tool_${fingerprint(name)}`.slice(0, limit.maxLength);
}

/** `mcp__server__tool` keeps its tail, which is what a model goes by; other names keep their beginning. */
function shorten(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const tail = name.startsWith('mcp__') ? `mcp__${name.slice(name.lastIndexOf('__') + 2)}` : name;
  return (tail.length > 'mcp__'.length ? tail : name).slice(0, maxLength);
}

const asItIs = (event: ReplyEvent): readonly ReplyEvent[] => [event];

/** A freeform call's JSON is held back until it is whole: its text cannot be told from a half-written escape before. */
function restoreWith(byWire: ReadonlyMap<string, Entry>): (event: ReplyEvent) => readonly ReplyEvent[] {
  let held: string[] | undefined;
  return (event) => {
    if (event.type === 'part-start') {
      const entry = event.part.type === 'tool-call' ? byWire.get(key(event.part)) : undefined;
      held = entry?.emulated ? [] : undefined;
      return [entry ? { ...event, part: restoreHead(event.part, entry) } : event];
    }
    if (!held) return [event];
    if (event.type === 'part-delta') {
      held.push(event.text);
      return [];
    }
    const released = release(held, event);
    held = undefined;
    return released;
  };
}

function release(held: readonly string[], event: ReplyEvent): readonly ReplyEvent[] {
  const text = event.type === 'part-end' ? unwrap(held.join('')) : '';
  return event.type === 'part-end' && text !== '' ? [{ type: 'part-delta', index: event.index, text }, event] : [event];
}

function restoreHead(head: PartHead, { client, emulated }: Entry): PartHead {
  if (head.type !== 'tool-call') return head;
  return { type: 'tool-call', id: head.id, ...client, ...((emulated || head.freeform) && { freeform: true }) };
}

/** The text that an emulated freeform call carries; JSON that is broken or of another shape stays as it came. */
function unwrap(json: string): string {
  const input = parseObject(json)?.input;
  return typeof input === 'string' ? input : json;
}
