// What the simulator's tests share: what a request gets, without a socket.

import type { JsonObject } from '../json.ts';
import { asObject, asString, parseObject } from '../json.ts';
import { manualClock } from './clock.ts';
import { simulation } from './simulation.ts';

/** A change to a good request, and words of the refusal it gets. */
export type Case = readonly [what: string, change: JsonObject, message: string];

/** The status and error message that a body gets. */
export function verdict(path: string, body: JsonObject, headers: Record<string, string> = {}, strict = true): string {
  const service = simulation({ clock: manualClock(), strict });
  const call = {
    method: 'POST',
    path,
    headers: { authorization: 'Bearer k', 'anthropic-version': '2023-06-01', ...headers },
    body: JSON.stringify(body),
  };
  let status = 0;
  let text = '';
  for (const step of service.respond(call).steps) {
    if (step.do === 'head') status = step.status;
    if (step.do === 'write') text += Buffer.from(step.bytes).toString();
  }
  const error = asObject(parseObject(text)?.error);
  return `${status} ${asString(error?.message) ?? ''}`.trim();
}
