// What the members of a request must be, as data: one that is something else is refused with its place, as its service does it, and
// not passed over as if nothing had been said. For members that are read where they are found; others refuse as they are read.

import { badRequest, type GatewayError } from '../errors.ts';
import { asArray, asBoolean, asNumber, asObject, asString, type Json, type JsonObject } from '../json.ts';

const readers = {
  'a string': asString,
  'a number': asNumber,
  'true or false': asBoolean,
  'an object': asObject,
  'an array': asArray,
} satisfies Record<string, (value: Json) => unknown>;

/** As an error tells it. */
export type Kind = keyof typeof readers;

/** A kind of value, a list whose entries are so, or an object with such members; absent and null are unsaid at every depth. */
export type Shape = Kind | readonly [Shape] | Shapes;
export interface Shapes {
  readonly [member: string]: Shape;
}

export const text = 'a string';
export const flag = 'true or false';
export const number = 'a number';
export const object = 'an object';
export const array = 'an array';

/** How a dialect says that a member is not what it must be. */
export type Refusal = (where: string, kind: Kind) => GatewayError;

/** Throws where the object, which stands at this place (`''` is the body), has a member that is not as the shapes say. */
export function expectShape(said: JsonObject, shapes: Shapes, where = '', refusal: Refusal = mustBe): void {
  const fault = memberFault(said, shapes);
  if (fault) throw refusal(where === '' ? fault.path.slice(1) : where + fault.path, fault.kind);
}

function mustBe(where: string, kind: Kind): GatewayError {
  return badRequest(`${where} must be ${kind}.`, where);
}

/** The path is made on the way back: nearly always there is no fault. */
interface Fault {
  readonly path: string;
  readonly kind: Kind;
}

function faultOf(value: Json | undefined, shape: Shape): Fault | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') return readers[shape](value) === undefined ? { path: '', kind: shape } : undefined;
  return isList(shape) ? entryFault(value, shape[0]) : memberFault(value, shape);
}

function isList(shape: Exclude<Shape, Kind>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function entryFault(value: Json, shape: Shape): Fault | undefined {
  const list = asArray(value);
  if (!list) return { path: '', kind: array };
  for (let index = 0; index < list.length; index++) {
    const fault = faultOf(list[index], shape);
    if (fault) return { path: `[${index}]${fault.path}`, kind: fault.kind };
  }
  return undefined;
}

function memberFault(value: Json, shapes: Shapes): Fault | undefined {
  const said = asObject(value);
  if (!said) return { path: '', kind: object };
  for (const member in shapes) {
    const fault = faultOf(said[member], shapes[member] ?? object);
    if (fault) return { path: `.${member}${fault.path}`, kind: fault.kind };
  }
  return undefined;
}
