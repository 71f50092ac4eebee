// An object whose members are looked up by name: one that was parsed, or one that is read where it stands in its bytes.

import { asArray, asNumber, asObject, isObject, type Json, type JsonObject } from './json.ts';

/** What both can be asked; `Members` is the other one. */
export interface Lookup {
  /** Whether there is one of this name, whatever its value. */
  has(key: string): boolean;
  /** One member; undefined where it is absent. */
  get(key: string): Json | undefined;
  /** A finite number; undefined for anything else. */
  number(key: string): number | undefined;
  /** A member that is an object; undefined for anything else. */
  object(key: string): Lookup | undefined;
  /** The first of the objects in a list that passes; undefined where none does, or the member is no list. */
  among(key: string, passes: (element: Lookup) => boolean): Lookup | undefined;
  /** All of it, parsed. */
  readonly json: JsonObject;
}

/** An object that was parsed. */
export function lookupIn(object: JsonObject): Lookup {
  return new Parsed(object);
}

class Parsed implements Lookup {
  readonly json: JsonObject;

  constructor(json: JsonObject) {
    this.json = json;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.json, key);
  }

  get(key: string): Json | undefined {
    return this.json[key];
  }

  number(key: string): number | undefined {
    return asNumber(this.json[key]);
  }

  object(key: string): Lookup | undefined {
    const member = asObject(this.json[key]);
    return member && new Parsed(member);
  }

  among(key: string, passes: (element: Lookup) => boolean): Lookup | undefined {
    for (const element of asArray(this.json[key]) ?? []) {
      if (!isObject(element)) continue;
      const lookup = new Parsed(element);
      if (passes(lookup)) return lookup;
    }
    return undefined;
  }
}
