// A call whose arguments come piece by piece, as Vertex streams them on request (`streamFunctionCallArguments`): each piece names its
// place by a JSON Path (RFC 9535), and a text may come in several pieces.

import type { Seal } from '../../ir/seal.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects } from '../../json.ts';
import { camel } from './wire.ts';

type Built = Json | Built[] | BuiltObject;
interface BuiltObject {
  [key: string]: Built;
}

/** Whether this is a piece of a call and not the whole. */
export function isPiece(call: JsonObject): boolean {
  return call.willContinue === true || asArray(call.partialArgs) !== undefined;
}

/** One such call: built from its first piece on, which alone must name the function. */
export class PartialCall {
  readonly name: string;
  readonly id: string;
  seal: Seal | undefined;
  readonly #args: BuiltObject = empty();

  constructor(call: JsonObject) {
    this.name = asString(call.name) ?? '';
    this.id = asString(call.id) ?? '';
  }

  /** Whether the piece belongs to this call: further ones name no function, or the same. */
  takes(call: JsonObject): boolean {
    return !call.name || (call.name === this.name && (!call.id || call.id === this.id));
  }

  /** Puts a piece in its places; a text goes on where it stopped. What names no place, or holds no value, is passed over. */
  add(call: JsonObject): void {
    Object.assign(this.#args, asObject(call.args));
    for (const entry of objects(call.partialArgs)) {
      const piece = camel(entry);
      const path = stepsOf(asString(piece.jsonPath) ?? '');
      const value = valueIn(piece);
      if (path.length > 0 && value !== undefined) put(this.#args, path, value);
    }
  }

  /** JSON text of the arguments; one that broke off is no whole JSON. */
  input(brokenOff: boolean): string {
    const text = JSON.stringify(this.#args);
    return brokenOff ? text.slice(0, -1) : text;
  }
}

/** Without a prototype, so that any name is only a name. */
function empty(): BuiltObject {
  return Object.create(null) as BuiltObject;
}

function valueIn({ stringValue, numberValue, boolValue, nullValue }: JsonObject): Json | undefined {
  return stringValue ?? numberValue ?? boolValue ?? (nullValue === undefined ? undefined : null);
}

const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/g;

function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(step)].map(([, name, index, single, double]) => {
    if (index !== undefined) return Number(index);
    return name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1');
  });
}

function put(args: BuiltObject, path: readonly (string | number)[], value: Json): void {
  let holder: BuiltObject | Built[] = args;
  path.forEach((name, depth) => {
    const next = path[depth + 1];
    const found: Built | undefined = read(holder, name);
    if (next !== undefined) {
      const inner = isHolder(found) ? found : typeof next === 'number' ? [] : empty();
      write(holder, name, inner);
      holder = inner;
    } else write(holder, name, typeof found === 'string' && typeof value === 'string' ? found + value : value);
  });
}

function isHolder(value: Built | undefined): value is BuiltObject | Built[] {
  return typeof value === 'object' && value !== null;
}

function read(holder: BuiltObject | Built[], name: string | number): Built | undefined {
  return Array.isArray(holder) ? holder[Number(name)] : holder[name];
}

/** A place far behind the end of a list is its end. */
function write(holder: BuiltObject | Built[], name: string | number, value: Built): void {
  if (!Array.isArray(holder)) holder[name] = value;
  else if (typeof name === 'number') holder[Math.min(name, holder.length)] = value;
}
