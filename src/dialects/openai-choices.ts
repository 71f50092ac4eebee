// What OpenAI's two formats with `choices`, Chat and the legacy Completions, share: how a body names its model and numbers, which
// choice counts, how usage within a stream is asked for and kept from those who did not ask, and how a stream ends.

import type { Body } from '../body.ts';
import type { Target } from '../envelope.ts';
import { badRequest, type GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  asStrings,
  type Json,
  type JsonObject,
  objects,
  saidAs,
} from '../json.ts';
import type { Reading } from './dialect.ts';
import { encodeOpenAiError } from './openai-error.ts';
import { retarget as retargeted } from './passing.ts';

/** The model that a body names. Throws where it names none. */
export function modelOf(body: Body): string {
  const model = asString(body.get('model'));
  if (model) return model;
  throw badRequest('model must be a non-empty string.', 'model', 'missing_required_parameter');
}

/** A member that should be a number. Throws for anything else. */
export function numberOf(body: JsonObject, member: string): number | undefined {
  return saidAs(body[member], asNumber, () => badRequest(`${member} must be a number.`, member));
}

/** `stop`: one text or a list of them; an empty one never comes. Throws for anything else. */
export function stopsOf({ stop }: JsonObject): readonly string[] | undefined {
  const listed = (value: Json) => asStrings(asArray(value) ?? [value]);
  const stops = saidAs(stop, listed, () => badRequest('stop must be a string or an array of strings.', 'stop'));
  const meant = stops?.filter((text) => text !== '');
  return meant && meant.length > 0 ? meant : undefined;
}

/** The choice we speak of: only the first of several is ever told. */
export function firstChoice(body: JsonObject): JsonObject | undefined {
  const choices = asArray(body.choices);
  const first = asObject(choices?.[0]);
  if (first && (first.index === 0 || first.index === undefined)) return first;
  return objects(choices).find((choice) => (asNumber(choice.index) ?? 0) === 0);
}

/** Whether the client wants a stream's usage told. Without that it must not be shown the chunk that `retarget` brings about. */
export function asksForUsage(body: Body): boolean {
  return asObject(body.get('stream_options'))?.include_usage === true;
}

/** Model and stream switch; every stream is asked for its usage. */
export function retarget(body: Body, target: Target): Body {
  const edited = retargeted(body, target);
  // The vendor refuses `stream_options` where nothing streams.
  if (!target.stream || target.accent.streamOptions === false) return edited.without('stream_options');
  return asksForUsage(edited) ? edited : edited.set(['stream_options', 'include_usage'], true);
}

/** The usage chunk that `retarget` asks for, whether or not the client did. */
export function tellsOnlyUsage({ usage, choices }: JsonObject): boolean {
  return Array.isArray(choices) && choices.length === 0 && asObject(usage) !== undefined;
}

/** The last frame of every good stream. */
export const doneFrame: Frame = { data: '[DONE]' };

/** What is owed where upstream left that frame out. */
export function closing({ ended, closed, failure }: Reading): Frame[] {
  return ended && !closed && !failure ? [doneFrame] : [];
}

/** The vendor's reader throws on a top-level `error`, which clients take as a reason to try again. */
export function failureFrame(error: GatewayError): Frame {
  return { data: JSON.stringify(encodeOpenAiError(error).body) };
}
