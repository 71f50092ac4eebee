// Where opaque tokens stand in Chat, which has no place of its own for them. Upstream: `reasoning_details` and `reasoning_opaque` of a
// message, Google's `extra_content` of a call. Towards clients: `tool_calls[].extra_content.cliproxy`, which they send back with the call.

import { fingerprint } from '../../ir/fingerprint.ts';
import type { ReasoningPart } from '../../ir/request.ts';
import { readSeal, type Seal, writeSeal } from '../../ir/seal.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  compact,
  type Json,
  type JsonObject,
  objects,
  parseObject,
} from '../../json.ts';
import { nativeMaker } from './wire.ts';

/** One thought of `extra_content.cliproxy.reasoning`: how much of `reasoning_content` it is, and its seal. */
export interface Thought {
  /** UTF-16 code units. */
  readonly length: number;
  /** Fingerprint of a sealed text: a seal holds only for the very words it was made for. */
  readonly check?: string;
  readonly seal?: Seal;
  readonly redacted?: boolean;
}

/** What `extra_content` says of a call. */
interface CallExtra {
  readonly seal?: Seal;
  /** The thoughts since the previous call, whose text is part of the message's `reasoning_content`. */
  readonly thoughts: readonly Thought[];
}

/** Reads `extra_content`: our own slot first, then Google's, whose bare token belongs to `googleMaker`. */
export function readExtra(extra: Json | undefined, googleMaker: string): CallExtra {
  const object = asObject(extra);
  if (!object) return { thoughts: [] };
  const ours = asObject(object.cliproxy);
  const sealed = asString(ours?.seal);
  const signature = asString(asObject(object.google)?.thought_signature);
  const google = signature ? { maker: googleMaker, token: signature } : undefined;
  const seal = sealed ? readSeal(sealed, nativeMaker) : google;
  const thoughts = objects(ours?.reasoning).map(readThought);
  return { thoughts, ...(seal && { seal }) };
}

function readThought(thought: JsonObject): Thought {
  const token = asString(thought.seal);
  const check = asString(thought.check);
  return {
    length: Math.max(0, asNumber(thought.length) ?? 0),
    ...(check !== undefined && { check }),
    ...(token && { seal: readSeal(token, nativeMaker) }),
    ...(thought.redacted === true && { redacted: true }),
  };
}

/**
 * The `extra_content` of a call in a reply: always marked, so that `unseal` finds it. A seal of Google's also stands where clients of
 * Google's own compatible endpoint look for it and send it back from.
 */
export function writeExtra(seal: Seal | undefined, thoughts: readonly Thought[]): JsonObject | undefined {
  if (!seal && !thoughts.some((thought) => thought.seal)) return undefined;
  const told = thoughts.map(({ seal, ...thought }) => ({ ...thought, ...(seal && { seal: writeSeal(seal) }) }));
  const reasoning = told.length > 0 ? told : undefined;
  const cliproxy = compact({ seal: seal && writeSeal(seal), reasoning });
  return { ...(seal?.maker === 'google' && google(seal.token)), cliproxy };
}

/** The `extra_content` that an upstream understands: only Google's compatible endpoint has one. */
export function google(token: string): JsonObject {
  return { google: { thought_signature: token } };
}

/** The thought that a reasoning part of a reply leaves for the next call's slot. */
export function thoughtOf(text: string, seal: Seal | undefined, redacted: boolean | undefined): Thought {
  return { length: text.length, ...(seal && { check: fingerprint(text), seal }), ...(redacted && { redacted }) };
}

/** The text cut into its thoughts again, and what follows them; undefined where the client changed a sealed one. */
export function splitThoughts(text: string, thoughts: readonly Thought[]): ReasoningPart[] | undefined {
  let at = 0;
  const parts = thoughts.map(({ length, check, seal, redacted }): ReasoningPart | undefined => {
    const thought = text.slice(at, at + length);
    at += length;
    if (check !== undefined && check !== fingerprint(thought)) return undefined;
    return { type: 'reasoning', text: thought, ...(seal && { seal }), ...(redacted && { redacted }) };
  });
  if (at < text.length) parts.push({ type: 'reasoning', text: text.slice(at) });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Members of an assistant message that upstream wants back as it gave them. */
export type Replay = { readonly reasoning_details?: Json; readonly reasoning_opaque?: Json };

/** Those members as the token of a seal. */
export function writeReplay(replay: Replay): string {
  return JSON.stringify(replay);
}

/** The members that a token holds; undefined for the token of another dialect of the same maker. */
export function readReplay(token: string): Replay | undefined {
  const object = token.startsWith('{') ? parseObject(token) : undefined;
  const { reasoning_details, reasoning_opaque } = object ?? {};
  if (reasoning_details === undefined && reasoning_opaque === undefined) return undefined;
  return compact({ reasoning_details, reasoning_opaque });
}

/** The members of one message, from the seals of all its thoughts. */
export function joinReplays(replays: readonly Replay[]): Replay {
  const details = replays.flatMap((replay) => asArray(replay.reasoning_details) ?? []);
  return compact({
    reasoning_details: details.length > 0 ? details : undefined,
    reasoning_opaque: replays.findLast((replay) => replay.reasoning_opaque !== undefined)?.reasoning_opaque,
  });
}
