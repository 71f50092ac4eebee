// A call's arguments between JSON text (the IR) and the JSON object that `tool_use.input` must be.

import { argumentText, mendArguments } from '../../ir/arguments.ts';
import { type Json, type JsonObject, parseObject } from '../../json.ts';
import type { Report } from '../../loss.ts';

/** The text of an `input` as it came. A string that holds an object's JSON (some compatible services) counts as that object. */
export function argumentsText(input: Json | undefined): string {
  return typeof input === 'string' && !parseObject(input) ? JSON.stringify(input) : argumentText(input) || '{}';
}

/** The object for `input`. Broken JSON of a cut reply is closed where possible, else kept whole under `_raw`. */
export function argumentsObject(text: string, report: Report): JsonObject {
  return mendArguments(text, report).args;
}
