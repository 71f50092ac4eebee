// The input of a stored response as OpenAI lists it: every item with an id, in pages that begin behind an item
// (`GET /v1/responses/{id}/input_items`).

import { badRequest } from '../errors.ts';
import { asString, isObject, type Json, type JsonObject } from '../json.ts';

type Item = JsonObject & { readonly id: string };

/** `input` as items: a plain string is one user message. */
export function inputItems(input: Json | undefined): readonly Json[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return Array.isArray(input) ? input : [];
}

/** A page of the input of this response. Throws `bad-request` for a query that asks for no page. */
export function listInput(input: readonly Json[], response: string, query: URLSearchParams): JsonObject {
  const { descending, limit, after } = pageOf(query);
  const items = input.map((item, place) => listed(item, `${response.replace(/^resp_/, '')}_${place}`));
  if (descending) items.reverse();
  const start = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw wrong('after', `the input of ${response} has no item '${after}'.`);
  const data = items.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < items.length,
  };
}

interface Page {
  readonly descending: boolean;
  readonly limit: number;
  readonly after: string | null;
}

function pageOf(query: URLSearchParams): Page {
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw wrong('order', `must be 'asc' or 'desc', not '${order}'.`);
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw wrong('limit', 'must be a whole number from 1 to 100.');
  return { descending: order === 'desc', limit, after: query.get('after') };
}

function wrong(param: string, what: string): Error {
  return badRequest(`${param}: ${what}`, param);
}

/** What ids of items begin with; others are called by their type. */
const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fc',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctc',
};

/** An item as the list shows it: messages spelled out, and each with its own id or one that its place gives it. */
function listed(item: Json, place: string): Item {
  const said = typeof item === 'string' ? { role: 'user', content: item } : isObject(item) ? item : {};
  const type = asString(said.type) ?? 'message';
  const id = asString(said.id) || `${prefixes[type] ?? type}_${place}`;
  if (type !== 'message') return { ...said, id };
  const { content } = said;
  const part = said.role === 'assistant' ? { type: 'output_text', annotations: [] } : { type: 'input_text' };
  const parts = typeof content === 'string' ? [{ ...part, text: content }] : (content ?? []);
  return { status: 'completed', ...said, id, type, content: parts };
}
