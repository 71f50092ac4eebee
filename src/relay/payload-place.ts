// Where the path of a payload rule leads in one value, and that value with something set or taken away there. Only own members are
// read and made, whatever their names.

import { asArray, asNumber, isObject, type Json, type JsonObject } from '../json.ts';
import { matchesGlob } from '../routing/glob.ts';
import type { Condition, Segment, Test } from './payload-path.ts';

/** A path without queries: names of members, and indices of lists. */
export type Place = readonly (string | number)[];

/** Why nothing can be written, in words. */
export interface Obstacle {
  readonly because: string;
}

/** The places that are there. */
export function placesIn(value: Json | undefined, [segment, ...rest]: readonly Segment[]): readonly Place[] {
  if (value === undefined) return [];
  if (!segment) return [[]];
  return stepsIn(value, segment).flatMap((step) => placesIn(at(value, step), rest).map((place) => [step, ...place]));
}

function stepsIn(value: Json, segment: Segment): Place {
  const list = asArray(value);
  if ('where' in segment) return list ? matches(list, segment) : [];
  if (!list) return isObject(value) && Object.hasOwn(value, segment.key) ? [segment.key] : [];
  const index = segment.index === -1 ? list.length - 1 : segment.index;
  return index !== undefined && index >= 0 && index < list.length ? [index] : [];
}

function matches(list: readonly Json[], { where, all }: { where: Condition; all: boolean }): number[] {
  const found = list.flatMap((element, index) => (holds(where, element) ? [index] : []));
  return all ? found : found.slice(0, 1);
}

/** The places at which something can be written; what is missing on the way there would be made. */
export function placesFor(
  value: Json | undefined,
  [segment, ...rest]: readonly Segment[],
): readonly Place[] | Obstacle {
  if (!segment) return [[]];
  const steps = stepsFor(value, segment);
  if ('because' in steps) return steps;
  const places: Place[] = [];
  for (const step of steps) {
    const deeper = placesFor(at(value, step), rest);
    if ('because' in deeper) return deeper;
    places.push(...deeper.map((place) => [step, ...place]));
  }
  return places;
}

function stepsFor(value: Json | undefined, segment: Segment): Place | Obstacle {
  const list = value === undefined || value === null ? [] : asArray(value);
  if ('where' in segment) {
    const found = list ? matches(list, segment) : [];
    return found.length > 0 ? found : { because: 'nothing there matches' };
  }
  const { key, index } = segment;
  if (isObject(value) || (index === undefined && !Array.isArray(value) && list)) return [key];
  if (!list) return { because: `"${key}" would be in something that is neither an object nor a list` };
  if (index === undefined) return { because: `"${key}" is no place in a list` };
  if (index > list.length) return { because: `the list ends before ${index}` };
  return [index === -1 ? list.length : index];
}

/** What stands at one place. */
export function valueAt(value: Json | undefined, place: Place): Json | undefined {
  return place.reduce<Json | undefined>(at, value);
}

function at(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof step === 'number') return asArray(value)?.[step];
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** The value with another one at a place that `placesFor` found. */
export function withValue(value: Json | undefined, [step, ...rest]: Place, made: Json): Json {
  if (step === undefined) return made;
  const inner = withValue(at(value, step), rest, made);
  if (typeof step === 'string') return { ...(isObject(value) ? value : {}), [step]: inner };
  const list = [...(asArray(value) ?? [])];
  list[step] = inner;
  return list;
}

/** The value without what stands at a place. */
export function withoutValue(value: Json, [step, ...rest]: Place): Json {
  const inner = step === undefined ? undefined : at(value, step);
  if (step === undefined || inner === undefined) return value;
  const kept = rest.length > 0 ? [withoutValue(inner, rest)] : [];
  if (typeof step === 'number') return asArray(value)?.toSpliced(step, 1, ...kept) ?? value;
  const members = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    members.flatMap(([key, member]) => (key === step ? kept.map((one) => [key, one]) : [[key, member]])),
  );
}

function holds(condition: Condition, element: Json): boolean {
  return condition.some((tests) => tests.every((test) => passes(test, element)));
}

function passes({ path, operator, value: wanted = null }: Test, element: Json): boolean {
  const [place] = placesIn(element, path);
  const value = place && valueAt(element, place);
  if (value === undefined) return false;
  switch (operator) {
    case undefined:
      return true;
    case '==':
      return isSameJson(value, wanted);
    case '!=':
      return !isSameJson(value, wanted);
    case '%':
    case '!%':
      return typeof value === 'string' && matchesGlob(String(wanted), value) === (operator === '%');
    default:
      return isOrdered(compared(value, wanted), operator);
  }
}

function isOrdered(order: number | undefined, operator: '<' | '<=' | '>' | '>='): boolean {
  if (order === undefined) return false;
  if (order === 0) return operator.length === 2;
  return operator.startsWith('<') === order < 0;
}

/** Numbers and texts have an order among themselves. */
function compared(one: Json, other: Json): number | undefined {
  const [left, right] = [asNumber(one), asNumber(other)];
  if (left !== undefined && right !== undefined) return left - right;
  if (typeof one !== 'string' || typeof other !== 'string') return undefined;
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Whether two values say the same; members may stand in any order. */
export function isSameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((element, index) => isSameJson(element, other[index]));
  if (isObject(one) && isObject(other)) return isSameObject(one, other);
  const [left, right] = [asNumber(one), asNumber(other)];
  return left !== undefined && left === right && JSON.stringify(one) === JSON.stringify(other);
}

function isSameObject(one: JsonObject, other: JsonObject): boolean {
  const keys = Object.keys(one);
  const same = (key: string) => Object.hasOwn(other, key) && isSameJson(one[key], other[key]);
  return keys.length === Object.keys(other).length && keys.every(same);
}
