// How Gemini refuses a member it has no field for: the error that betrays every gateway's leftover.

import type { JsonObject } from '../json.ts';
import { camelCase } from './gemini-ask.ts';
import { refuse } from './speaker.ts';

/** Refuses a member that is not among the known, in either spelling. */
export function checkNames(object: JsonObject, known: ReadonlySet<string>, at: string): void {
  for (const name of Object.keys(object)) {
    if (known.has(name) || known.has(camelCase(name))) continue;
    const where = at === '' ? '' : ` at '${at}'`;
    const field = `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
    refuse(field, {
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [compactField(at, field)],
        },
      ],
    });
  }
}

const compactField = (field: string, description: string): JsonObject =>
  field === '' ? { description } : { field, description };
