// Hearing an OpenAI Responses request.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asBoolean, asNumber, asObject, asString, objects } from '../json.ts';
import { lastTurn, prefixesOf, spoken, textIn } from './hearing.ts';
import type { Ask, OfferedTool } from './speaker.ts';

/** The input as items: a plain string is one user message. */
export function inputItems(body: JsonObject): readonly JsonObject[] {
  const text = asString(body.input);
  return text === undefined ? objects(body.input) : [{ type: 'message', role: 'user', content: text }];
}

/** Every tool the request offers: `tools`, those of namespaces, and those added by an input item. */
export function offeredTools(body: JsonObject): readonly JsonObject[] {
  const added = inputItems(body).filter((item) => item.type === 'additional_tools');
  return [...objects(body.tools), ...added.flatMap((item) => objects(item.tools))];
}

/** What a body asks; of a conversation that goes on, the body with all that was said before. */
export function hearResponses(body: JsonObject): Ask {
  const items = inputItems(body);
  const turn = lastTurn(items, byModel);
  const reasoning = asObject(body.reasoning);
  const effort = asString(reasoning?.effort);
  const maxTokens = asNumber(body.max_output_tokens);
  const json = jsonWanted(asObject(asObject(body.text)?.format));
  return {
    tongue: 'openai-responses',
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    prompt: turn
      .filter((item) => item.role === 'user')
      .map((item) => spoken(item.content))
      .join('\n'),
    results: turn
      .filter((item) => isOutput(item))
      .map((item) => ({ name: nameOfCall(items, item), text: spoken(item.output) })),
    tools: offeredTools(body).flatMap((tool) => toolOf(tool)),
    choice: choiceOf(body.tool_choice),
    parallel: asBoolean(body.parallel_tool_calls) ?? true,
    ...(json === undefined ? {} : { json }),
    thinks: effort !== 'none' && (effort !== undefined || asString(reasoning?.summary) !== undefined),
    showsThoughts: asString(reasoning?.summary) !== undefined,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stops: [],
    ...(asArray(body.include)?.includes('message.output_text.logprobs') === true
      ? { logprobs: asNumber(body.top_logprobs) ?? 0 }
      : {}),
    prefixes: prefixesOf([
      { value: [body.instructions ?? null, body.tools ?? null], ends: false },
      ...items.map((value) => ({ value, ends: true })),
    ]),
    caching: 'automatic',
    text: textIn([body.instructions ?? null, body.tools ?? null, body.input ?? null, body.text ?? null]),
    body,
  };
}

/** Whether the reasoning of the answer shall come in its encrypted form too. */
export function wantsEncrypted(body: JsonObject): boolean {
  return asArray(body.include)?.includes('reasoning.encrypted_content') === true;
}

const isOutput = (item: JsonObject): boolean => asString(item.type)?.endsWith('_output') === true;

function byModel(item: JsonObject): boolean {
  if (item.role !== undefined) return item.role === 'assistant';
  return !isOutput(item) && item.type !== 'additional_tools' && item.type !== 'message';
}

function nameOfCall(items: readonly JsonObject[], output: JsonObject): string {
  const call = items.findLast((item) => !isOutput(item) && item.call_id === output.call_id);
  return asString(call?.name) ?? 'tool';
}

function toolOf(tool: JsonObject, namespace?: string): readonly OfferedTool[] {
  const name = asString(tool.name);
  if (name === undefined) return [];
  if (tool.type === 'namespace') return objects(tool.tools).flatMap((inner) => toolOf(inner, name));
  const schema = asObject(tool.parameters);
  const known = {
    name,
    ...(schema === undefined ? {} : { schema }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  if (tool.type === 'custom') return [{ ...known, freeform: true }];
  return tool.type === 'function' ? [known] : [];
}

function choiceOf(choice: Json | undefined): Ask['choice'] {
  if (choice === 'none' || choice === 'required') return choice;
  const named = asObject(choice);
  const name = asString(named?.name);
  if (name !== undefined) return { name };
  return named?.type === 'allowed_tools' && named.mode === 'required' ? 'required' : 'auto';
}

function jsonWanted(format: JsonObject | undefined): Ask['json'] {
  if (format?.type === 'json_object') return {};
  const schema = asObject(format?.schema);
  return format?.type === 'json_schema' ? { ...(schema === undefined ? {} : { schema }) } : undefined;
}
