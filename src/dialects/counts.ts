// Counts by name: of a reply that was parsed, or of one that is read where it stands in its bytes.

import { asNumber, asObject, type JsonObject } from '../json.ts';

/** `Members` are some too. */
export interface Counts {
  /** A finite number; undefined for anything else. */
  number(name: string): number | undefined;
  /** The counts of a member that is an object; undefined for anything else. */
  object(name: string): Counts | undefined;
}

/** Counts of an object that was parsed; nothing is read before it is asked for. */
export function countsOf(object: JsonObject): Counts {
  return new Parsed(object);
}

class Parsed implements Counts {
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
  }

  number(name: string): number | undefined {
    return asNumber(this.#object[name]);
  }

  object(name: string): Counts | undefined {
    const member = asObject(this.#object[name]);
    return member && new Parsed(member);
  }
}
