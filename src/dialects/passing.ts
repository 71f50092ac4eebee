// Edits of what passes by in its own dialect: the model it names, and whether it streams. Spliced, so that nothing else is re-printed.

import { Body } from '../body.ts';
import type { Target } from '../envelope.ts';
import type { Frame } from '../frame.ts';
import { asObject, type Json, type JsonObject } from '../json.ts';

/** The body with the target's model and stream switch. */
export function retarget(body: Body, target: Target): Body {
  const named = body.get('model') === target.model ? body : body.set('model', target.model);
  return (named.get('stream') === true) === target.stream ? named : named.set('stream', target.stream);
}

/** One top-level member with this value, or without it where there is none; the same body where nothing changes. */
export function withMember(body: Body, key: string, value: Json | undefined): Body {
  if (value === undefined) return body.without(key);
  return body.get(key) === value ? body : body.set(key, value);
}

/**
 * The object at a path with some of its members set, and those that are undefined taken away; all others keep their bytes. An object
 * that nothing is left of goes; the same body where nothing changes.
 */
export function amend(body: Body, path: readonly string[], changes: JsonObject): Body {
  const told = objectAt(body, path) ?? {};
  const wanted = Object.entries(changes).filter(([name, value]) => ownMember(told, name) !== value);
  const gone = wanted.filter(([, value]) => value === undefined);
  const kept = gone.length > 0 ? without(body, path, gone, wanted.length > gone.length) : body;
  return wanted.reduce(
    (edited, [name, value]) => (value === undefined ? edited : edited.set([...path, name], value)),
    kept,
  );
}

function without(
  body: Body,
  path: readonly string[],
  gone: readonly (readonly [string, unknown])[],
  kept: boolean,
): Body {
  const told = objectAt(body, path) ?? {};
  const after = withChanges(told, Object.fromEntries(gone.map(([name]) => [name, undefined])));
  const [key = '', ...rest] = path;
  if (kept || Object.keys(after).length > 0) return body.set(path, after, told);
  return rest.length === 0 ? body.without(key) : amend(body, path.slice(0, -1), { [path.at(-1) ?? '']: undefined });
}

function objectAt(body: Body, [key = '', ...rest]: readonly string[]): JsonObject | undefined {
  return asObject(
    rest.reduce<Json | undefined>((value, name) => ownMember(asObject(value) ?? {}, name), body.get(key)),
  );
}

/** The object with some members set, and those that are undefined taken away. */
export function withChanges(object: JsonObject, changes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...object, ...changes }).filter(([, value]) => value !== undefined));
}

function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The frame with another model name in this member of its data; a frame without the member stays as it is. */
export function relabel(frame: Frame, member: string, model: string): Frame {
  if (!frame.data.includes(`"${member}"`)) return frame;
  try {
    const body = Body.read(Buffer.from(frame.data));
    return body.has(member) ? { ...frame, data: body.set(member, model).bytes.toString() } : frame;
  } catch {
    // Not JSON: then it names no model either.
    return frame;
  }
}
