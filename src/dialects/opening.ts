// How a conversation opened: the start of its system prompt, of the first user message and of the answer to it. These stay the same
// while the conversation goes on, so that they tell one from another where the client does not.

import type { Body } from '../body.ts';
import { asArray, asObject, asString, type Json, type JsonObject } from '../json.ts';
import type { Opening } from './dialect.ts';
import { headOf, readHead } from './head.ts';

/** Characters of each text, and texts of the first user message. */
const longest = 100;
const mostTexts = 4;

/**
 * The opening that stands in these members: instructions apart from the turns, and the turns themselves. Reads the head of each
 * alone. Undefined where the user said nothing in words yet.
 */
export function openingOf(
  body: Body,
  members: { readonly system?: readonly string[]; readonly turns: string },
): Opening | undefined {
  const system = members.system?.map((member) => textsOf(headIn(body, member))).find((texts) => texts.length > 0) ?? [];
  const { value: turns, cut } = turnsIn(body, members.turns);
  const told = asArray(turns) ?? (typeof turns === 'string' ? [{ role: 'user', content: turns }] : []);
  const first = told.find((turn) => roleOf(turn) === 'user');
  const said = first === undefined ? [] : textsOf(contentOf(asObject(first)));
  if (said.length === 0) return undefined;
  const early = told.filter((turn) => roleOf(turn) === 'system').flatMap((turn) => textsOf(contentOf(asObject(turn))));
  const text = [...system, ...early].slice(0, mostTexts).concat(said.slice(0, mostTexts)).join('\n');
  const answer = told.find((turn) => roleOf(turn) === undefined);
  // An answer that was not read as far as the first one is one that is not known.
  if (answer === undefined) return cut ? { text, answer: '' } : { text };
  return { text, answer: answerOf(answer) };
}

function headIn(body: Body, member: string): Json | undefined {
  const raw = body.raw(member);
  return raw && headOf(raw);
}

/** The turns until the user has spoken and was answered. */
function turnsIn(body: Body, member: string): ReturnType<typeof readHead> {
  const raw = body.raw(member);
  if (!raw) return { value: undefined, cut: false };
  let [asked, answered] = [false, false];
  return readHead(raw, (turn) => {
    const role = roleOf(turn);
    asked ||= role === 'user';
    answered ||= role === undefined;
    return asked && answered;
  });
}

/** What the model began with: its words, else the calls that it made. Marks for caches come and go. */
function answerOf(turn: Json): string {
  const texts = textsOf(contentOf(asObject(turn)));
  if (texts.length > 0) return texts.slice(0, mostTexts).join('\n');
  return JSON.stringify(turn, (key, value: unknown) => (key === 'cache_control' ? undefined : value)).slice(
    0,
    longest * 3,
  );
}

/** A turn without a role is the user's where roles are not needed (Gemini); items that are no turns (calls, thoughts) and the model's have none. */
function roleOf(turn: Json): 'system' | 'user' | undefined {
  const object = asObject(turn);
  const { role } = object ?? {};
  if (role === 'system' || role === 'developer') return 'system';
  if (role === 'user') return 'user';
  const plain = object?.type === undefined || object.type === 'message';
  return role === undefined && plain && object && contentOf(object) !== undefined ? 'user' : undefined;
}

function contentOf(turn: JsonObject | undefined): Json | undefined {
  return turn?.content ?? turn?.parts;
}

/** What Claude Code writes first into its system prompt; a part of it changes with every request. */
const billing = 'x-anthropic-billing-header';

/** The beginnings of the texts in a string, a list of parts, or an object with such a list. */
function textsOf(content: Json | undefined): readonly string[] {
  const whole = asString(content);
  if (whole) return [whole.slice(0, longest)];
  const parts = asArray(content) ?? asArray(asObject(content)?.parts) ?? [];
  const texts = parts.map((part) => asString(part) ?? asString(asObject(part)?.text) ?? '');
  return texts.filter((text) => text !== '' && !text.startsWith(billing)).map((text) => text.slice(0, longest));
}
