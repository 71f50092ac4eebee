// What a request brings beside text, read off its bytes: by words that stand between plain quotes, as no quoted text can hold them.

import type { Body } from '../body.ts';
import type { Carried } from '../envelope.ts';
import { mayHoldSeals } from '../ir/seal.ts';
import { asObject, isSaid, type Json } from '../json.ts';

/** How a dialect writes what a request may bring. */
export interface Marks {
  /** Values of a `type` member. */
  readonly types?: Partial<Readonly<Record<Carried, readonly string[]>>>;
  /** Names of members, at any depth. */
  readonly keys?: Partial<Readonly<Record<Carried, readonly string[]>>>;
  /** How the value of any member begins. */
  readonly starts?: Partial<Readonly<Record<Carried, readonly string[]>>>;
  /** Top-level lists of tools. */
  readonly tools?: readonly string[];
  /** Dotted paths at which a body says how much to think. */
  readonly thinking?: readonly string[];
}

/** What the body brings; a word that stands there for something else may make it say too much, never too little. */
export function carriedBy(body: Body, { types, keys, starts, tools, thinking }: Marks): ReadonlySet<Carried> {
  const { bytes } = body;
  const found = new Set<Carried>();
  const look = (rows: Marks['types'], holds: (word: string) => boolean): void => {
    for (const [thing, words] of Object.entries(rows ?? {}) as [Carried, readonly string[]][])
      if (!found.has(thing) && words.some(holds)) found.add(thing);
  };
  if (tools?.some((member) => isFilled(body.raw(member)))) found.add('tools');
  if (thinking?.some((path) => isThought(valueAt(body, path)))) found.add('reasoning');
  look(types, (word) => places(bytes, `"${word}"`).some((at) => isTypeBefore(bytes, at)));
  look(keys, (word) => !places(bytes, `"${word}"`).next().done);
  look(starts, (word) => !places(bytes, `"${word}`).next().done);
  // Our own mark on a seal that another dialect's client carries.
  if (mayHoldSeals(body)) found.add('sealed-reasoning');
  return found;
}

/** Whether these bytes are more than an empty list or nothing: it is not parsed for that. */
function isFilled(raw: Buffer | undefined): boolean {
  return raw !== undefined && (raw.length > 16 || !/^(?:null|\[\s*\])$/.test(raw.toString('latin1')));
}

const off: ReadonlySet<Json | undefined> = new Set(['none', 'disabled', 0]);

function isThought(value: Json | undefined): boolean {
  return isSaid(value) && !off.has(value);
}

function valueAt(body: Body, path: string): Json | undefined {
  const [first = '', ...rest] = path.split('.');
  return rest.reduce<Json | undefined>((value, key) => asObject(value)?.[key], body.get(first));
}

/** Node looks for up to seven bytes many times faster than for more: the rest is compared where those were found. */
const quick = 7;

function* places(bytes: Buffer, word: string): Generator<number> {
  const start = word.slice(0, quick);
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1))
    if (bytes.toString('latin1', at, at + word.length) === word) yield at;
}

const typeMember = /"type"\s{0,8}:\s{0,8}$/;

function isTypeBefore(bytes: Buffer, at: number): boolean {
  return typeMember.test(bytes.toString('latin1', Math.max(0, at - 24), at));
}
