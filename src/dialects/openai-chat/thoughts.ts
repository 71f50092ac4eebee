// Reasoning in a reply: four names for its text, and the opaque members (OpenRouter's `reasoning_details`, Copilot's
// `reasoning_opaque`) that upstream wants back unchanged, which become the seal of the thought.

import type { Seal } from '../../ir/seal.ts';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../json.ts';
import type { Origin } from '../dialect.ts';
import type { PartQueue, QueuedPart } from './part-queue.ts';
import { writeReplay } from './seals.ts';

type Detail = Record<string, Json | undefined>;
interface Opaque {
  readonly details: Detail[];
  token: string | undefined;
}

/** Members of a detail that come in pieces. */
const pieces = ['text', 'summary', 'data'] as const;

/** The reasoning of one reply, told through the queue; each thought's seal is known when it ends. */
export class ThoughtReader {
  readonly #queue: PartQueue;
  readonly #origin: Origin;
  readonly #opaque = new Map<QueuedPart, Opaque>();

  constructor(queue: PartQueue, origin: Origin) {
    this.#queue = queue;
    this.#origin = origin;
  }

  /** The reasoning members of a message or delta. */
  read(message: JsonObject): void {
    const { reasoning_content, reasoning, reasoning_text, reasoning_details, reasoning_opaque } = message;
    const text = reasoning_content || reasoning || reasoning_text;
    // The same words often stand under two names: one is enough.
    if (typeof text === 'string' && text !== '') this.think(text);
    if (reasoning_details) this.#readDetails(reasoning_details, typeof text === 'string' && text !== '');
    if (typeof reasoning_opaque === 'string' && reasoning_opaque !== '') this.#opaqueOf().token = reasoning_opaque;
  }

  /** Text of the thought that is open, else of a new one. No text opens none. */
  think(text: string): void {
    if (text !== '') this.#queue.append(this.#part(), text);
  }

  #part(): QueuedPart {
    const { last } = this.#queue;
    return last?.head?.type === 'reasoning' ? last : this.#queue.open({ type: 'reasoning' });
  }

  #opaqueOf(): Opaque {
    const part = this.#part();
    const known = this.#opaque.get(part);
    if (known) return known;
    const opaque: Opaque = { details: [], token: undefined };
    this.#opaque.set(part, opaque);
    part.seal = () => this.#seal(opaque);
    return opaque;
  }

  #readDetails(details: Json, told: boolean): void {
    for (const value of asArray(details) ?? []) {
      const detail = asObject(value);
      if (!detail) continue;
      const text = asString(detail.text) ?? asString(detail.summary);
      if (!told && text) this.think(text);
      mergeDetail(this.#opaqueOf().details, detail);
    }
  }

  /** Plain text can be told without a seal; only what is signed or encrypted must return as it came. */
  #seal({ details, token }: Opaque): Seal | undefined {
    const signed = details.some((detail) => detail.signature || detail.data);
    if (!signed && token === undefined) return undefined;
    const replay = {
      ...(signed && { reasoning_details: details as JsonObject[] }),
      ...(token !== undefined && { reasoning_opaque: token }),
    };
    return { maker: this.#origin.maker, token: writeReplay(replay) };
  }
}

/** Adds a piece to the detail it continues: the last one of its type and index. */
function mergeDetail(details: Detail[], piece: JsonObject): void {
  const last = details.at(-1);
  if (!last || last.type !== piece.type || last.index !== piece.index) {
    details.push({ ...piece });
    return;
  }
  for (const [key, value] of Object.entries(piece)) {
    const before = last[key];
    const joins =
      (pieces as readonly string[]).includes(key) && typeof before === 'string' && typeof value === 'string';
    if (value !== null && value !== undefined) last[key] = joins ? before + value : value;
  }
}
