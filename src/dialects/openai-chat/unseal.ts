// Our slot in a body that goes to an upstream of this dialect: what it holds goes back to where its maker put it, or goes.

import type { Body } from '../../body.ts';
import { mayHoldSeals } from '../../ir/seal.ts';
import { asArray, asObject, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { google, joinReplays, type Replay, readExtra, readReplay } from './seals.ts';

/** A call without our slot. */
interface BareCall {
  readonly call: Json;
  /** Members of the message that this maker wants back. */
  readonly replays: readonly Replay[];
  /** A token of another maker went. */
  readonly lost: boolean;
}

/** The body without our marks; parsed only where there are any. */
export function unseal(body: Body, maker: string, report: Report): Body {
  if (!mayHoldSeals(body)) return body;
  const messages = asArray(body.get('messages'));
  if (!messages) return body;
  let lost = false;
  const bare = messages.map((value) => {
    const message = asObject(value);
    if (!message || !objects(message.tool_calls).some(hasSlot)) return value;
    const calls = (asArray(message.tool_calls) ?? []).map((call) => unsealCall(call, maker));
    lost ||= calls.some((call) => call.lost);
    return {
      ...message,
      ...joinReplays(calls.flatMap((call) => call.replays)),
      tool_calls: calls.map(({ call }) => call),
    };
  });
  if (lost) report({ what: 'reasoning_history', why: 'Sealed thoughts of another vendor cannot be read by this one.' });
  return body.set('messages', bare, messages);
}

function hasSlot(call: JsonObject): boolean {
  return asObject(asObject(call.extra_content)?.cliproxy) !== undefined;
}

function unsealCall(value: Json, maker: string): BareCall {
  const call = asObject(value);
  const extra = asObject(call?.extra_content);
  if (!call || !extra || !hasSlot(call)) return { call: value, replays: [], lost: false };
  const { seal, thoughts } = readExtra(extra, maker);
  const seals = thoughts.flatMap((thought) => thought.seal ?? []);
  const replays = seals.flatMap((each) => (each.maker === maker ? (readReplay(each.token) ?? []) : []));
  const token = seal?.maker === maker ? seal.token : undefined;
  return {
    call: withoutSlot(call, extra, token),
    replays,
    lost: replays.length < seals.length || (seal !== undefined && token === undefined),
  };
}

function withoutSlot(call: JsonObject, extra: JsonObject, token: string | undefined): JsonObject {
  // Beside our slot, Google's holds the same token, which only Google may see.
  const { cliproxy: _, google: __, ...others } = extra;
  const { extra_content: ___, ...bare } = call;
  const kept = token === undefined ? others : { ...others, ...google(token) };
  return Object.keys(kept).length > 0 ? { ...bare, extra_content: kept } : bare;
}
