// A history without opaque tokens: for a service that refuses those it carries. Reasoning as plain text stays, since services that
// want it back demand it.

import type { Body } from '../../body.ts';
import { asArray, asObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';

/** The body without what services seal: reasoning details, opaque reasoning, signatures on calls. Untouched where it holds none. */
export function dropSeals(body: Body, report: Report): Body {
  const messages = asArray(body.get('messages'));
  if (!messages) return body;
  const bare = messages.map(bareMessage);
  if (bare.every((message, index) => message === messages[index])) return body;
  report({
    what: 'reasoning_history',
    why: 'Earlier reasoning is sealed for another account or model, which alone can read it; the seals were left out.',
  });
  return body.set('messages', bare, messages);
}

function bareMessage(value: Json): Json {
  const message = asObject(value);
  if (!message) return value;
  const { reasoning_details, reasoning_opaque, ...rest } = message;
  const calls = asArray(message.tool_calls);
  const bareCalls = calls?.map(bareCall);
  const sealedCalls = bareCalls?.some((call, index) => call !== calls?.[index]) === true;
  if (reasoning_details === undefined && reasoning_opaque === undefined && !sealedCalls) return value;
  return bareCalls && sealedCalls ? { ...rest, tool_calls: bareCalls } : rest;
}

function bareCall(value: Json): Json {
  const call = asObject(value);
  const extra = asObject(call?.extra_content);
  if (!call || !extra || !('google' in extra || 'cliproxy' in extra)) return value;
  const { google: _, cliproxy: __, ...others } = extra;
  const { extra_content: ___, ...bare }: JsonObject = call;
  return Object.keys(others).length > 0 ? { ...bare, extra_content: others } : bare;
}
