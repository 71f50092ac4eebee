// A request body as what is asked for. Members that nobody else has are reported; those that would change the meaning if they
// were dropped (stored state, templates, background runs) are refused.

import { isEffort } from '../../ir/reasoning.ts';
import type { ChatRequest, Output, Reasoning, Sampling } from '../../ir/request.ts';
import {
  asBoolean,
  asNumber,
  asObject,
  asString,
  compact,
  type Json,
  type JsonObject,
  saidAs,
  stringMembers,
} from '../../json.ts';
import { type Report, reportOthers } from '../../loss.ts';
import { askedLogprobs } from '../openai-logprobs.ts';
import { decodeTerms, reportLabels } from '../openai-terms.ts';
import { expectShape, flag, object, type Shapes, text } from '../shape.ts';
import { fault, misshapen } from './error.ts';
import { decodeInput, toolListsOf } from './items-decode.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';
import { logprobsIncluded, logprobsWanted } from './wire.ts';

const schemaShapes: Shapes = { name: text, description: text, schema: object, strict: flag };

const bodyShapes: Shapes = {
  parallel_tool_calls: flag,
  reasoning: { summary: text, generate_summary: text },
  text: { format: { ...schemaShapes, json_schema: schemaShapes } },
  metadata: object,
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
  store: flag,
  background: flag,
  include: [text],
};

/** wire → IR. */
export function decode(body: JsonObject, report: Report): ChatRequest {
  expectShape(body, bodyShapes, '', misshapen);
  refuse(body);
  reportUnsaid(body, report);
  const lists = [['tools', body.tools] as const, ...toolListsOf(body.input)];
  const wanted = asObject(body.text);
  const cacheKey = asString(body.prompt_cache_key);
  return compact({
    turns: decodeInput(body.instructions, body.input, report),
    tools: decodeTools(lists, report),
    toolChoice: decodeToolChoice(body.tool_choice, report),
    parallelToolCalls: asBoolean(body.parallel_tool_calls),
    sampling: decodeSampling(body),
    reasoning: decodeReasoning(asObject(body.reasoning), report),
    output: decodeFormat(asObject(wanted?.format), report),
    verbosity: decodeVerbosity(wanted?.verbosity, report),
    logprobs: askedLogprobs(logprobsWanted(body), number(body, 'top_logprobs'), report),
    user: asString(body.safety_identifier) || asString(body.user) || undefined,
    metadata: stringMembers(body.metadata),
    ...decodeTerms(body, report),
    cacheKey: cacheKey || undefined,
  });
}

function refuse(body: JsonObject): void {
  if (body.background === true) throw fault('background', 'responses cannot run in the background for this model.');
  if (body.prompt) throw fault('prompt', 'prompt templates are kept by OpenAI and cannot be used with this model.');
  if (body.previous_response_id)
    throw fault(
      'previous_response_id',
      `the response '${asString(body.previous_response_id) ?? ''}' is not known here. Send the whole input instead.`,
      'previous_response_not_found',
    );
  if (body.conversation)
    throw fault('conversation', 'stored conversations cannot be read for this model. Send the whole input instead.');
}

const known = [
  'model',
  'stream',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'reasoning',
  'text',
  'top_logprobs',
  'safety_identifier',
  'user',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'service_tier',
  // The gateway keeps the reply itself, and the reply says whether it was kept.
  'store',
  'include',
  'background',
  'prompt',
  'previous_response_id',
  'conversation',
  // The envelope of a websocket message.
  'type',
];

const unsaid: Readonly<Record<string, string>> = {
  truncation: 'No other dialect drops old turns by itself; a conversation that is too long is refused.',
  max_tool_calls: 'No other dialect limits the calls of built-in tools.',
  moderation: 'Moderation within a response exists at OpenAI only.',
  context_management: 'Compaction by the server exists at OpenAI only.',
  client_metadata: "The client's notes about itself are for OpenAI only.",
  stream_options: 'Translated streams carry no obfuscation.',
  image: 'Compression of images in the context exists at OpenAI only.',
  access_programs: 'Access programs exist at OpenAI only.',
};

const unknownMember = 'OpenAI Responses has no such member that others know; it was left out.';

const defaults: Readonly<Record<string, Json>> = { truncation: 'disabled' };

function reportUnsaid(body: JsonObject, report: Report): void {
  for (const [what, value] of Object.entries(body)) {
    if (known.includes(what) || isEmpty(value) || value === defaults[what]) continue;
    report({ what, why: unsaid[what] ?? unknownMember });
  }
  reportLabels(body, report);
  reportOthers(asObject(body.text), ['format', 'verbosity'], 'text', unknownMember, report);
  for (const included of Array.isArray(body.include) ? body.include : []) {
    if (included !== 'reasoning.encrypted_content' && included !== logprobsIncluded)
      report({ what: 'include', where: `include: ${String(included)}`, why: 'Only OpenAI can add this to a reply.' });
  }
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return true;
  if (typeof value !== 'object') return false;
  const members = Object.values(value);
  return members.every((member) => member === null || member === false);
}

function decodeSampling(body: JsonObject): Sampling {
  return compact({
    maxTokens: number(body, 'max_output_tokens'),
    temperature: number(body, 'temperature'),
    topP: number(body, 'top_p'),
  });
}

function number(body: JsonObject, key: string): number | undefined {
  return saidAs(body[key], asNumber, () => fault(key, 'must be a number.'));
}

function decodeReasoning(reasoning: JsonObject | undefined, report: Report): Reasoning | undefined {
  if (!reasoning) return undefined;
  reportReasoning(reasoning, report);
  const { effort } = reasoning;
  const summary = reasoning.summary ?? reasoning.generate_summary;
  if (!effort && !summary) return undefined;
  return {
    ...(isEffort(effort) && { effort }),
    ...(effort === 'auto' && { auto: true }),
    // Summaries are shown only to those who ask.
    display: !summary || summary === 'none' ? 'omitted' : summary === 'detailed' ? 'full' : 'summary',
  };
}

const reasoningMembers = ['effort', 'summary', 'generate_summary', 'context', 'mode'];

function reportReasoning(reasoning: JsonObject, report: Report): void {
  const { context, mode, effort } = reasoning;
  reportOthers(reasoning, reasoningMembers, 'reasoning', unknownMember, report);
  if (context && context !== 'auto')
    report({ what: 'reasoning_context', why: 'Which earlier thoughts a model sees can be chosen at OpenAI only.' });
  if (mode && mode !== 'standard') report({ what: 'reasoning_mode', why: 'Modes of reasoning exist at OpenAI only.' });
  if (effort && effort !== 'auto' && !isEffort(effort))
    report({ what: 'reasoning_effort', why: `The effort '${String(effort)}' is not known; the model decides.` });
}

const formatMembers = ['type', 'name', 'description', 'schema', 'strict', 'json_schema'];

function decodeFormat(format: JsonObject | undefined, report: Report): Output | undefined {
  reportOthers(format, formatMembers, 'text.format', unknownMember, report);
  if (!format || format.type === 'text' || format.type === undefined) return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  if (format.type !== 'json_schema') throw fault('text.format.type', "must be 'text', 'json_object' or 'json_schema'.");
  // Tolerates the other OpenAI dialect's nesting.
  const told = asObject(format.json_schema) ?? format;
  const schema = asObject(told.schema);
  if (!schema) throw fault('text.format.schema', 'must be a JSON Schema.');
  return compact({
    type: 'json',
    schema,
    name: asString(told.name),
    description: asString(told.description),
    strict: asBoolean(told.strict),
  });
}

function decodeVerbosity(value: Json | undefined, report: Report): ChatRequest['verbosity'] {
  if (value === 'low' || value === 'medium' || value === 'high') return value;
  if (value) report({ what: 'verbosity', why: `The verbosity '${String(value)}' is not known.` });
  return undefined;
}
