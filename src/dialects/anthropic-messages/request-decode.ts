// A Messages request as a conversation in the IR. Claude Code is the client to please: system notes in mid-conversation, an
// effort on a message, deferred tools, thinking blocks without text.

import type { Effort } from '../../envelope.ts';
import { endsInWords } from '../../ir/placement.ts';
import { isEffort } from '../../ir/reasoning.ts';
import type { ChatRequest, Output, Sampling, Turn } from '../../ir/request.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  asStrings,
  compact,
  isSaid,
  type Json,
  type JsonObject,
  saidAs,
} from '../../json.ts';
import { type Report, reportOthers, unknownMember } from '../../loss.ts';
import { expectShape, flag, number, object, type Shapes, text } from '../shape.ts';
import { decodeMark } from './cache.ts';
import { decodeContent, invalid, misshapen, type Reading } from './content-decode.ts';
import { readClientSlot } from './seals.ts';
import { decodeEffort, decodeThinking } from './thinking.ts';
import { refuseThread } from './threads.ts';
import { decodeChoice, decodeTools } from './tools.ts';

const blockShapes: Shapes = { text, thinking: text, signature: text, is_error: flag, cache_control: object };
const configShapes: Shapes = { format: { type: text, schema: object } };

const bodyShapes: Shapes = {
  metadata: { user_id: text },
  thinking: { type: text, budget_tokens: number, display: text },
  output_config: configShapes,
  output_format: { type: text, schema: object },
  cache_control: object,
};

/** `RequestCodec.decode`. A body that goes on from a message thread is refused, as only Anthropic has what was said before. */
export function decode(body: JsonObject, report: Report): ChatRequest {
  refuseThread(body.thread);
  expectShape(body, bodyShapes, '', misshapen);
  reportUnsaid(body, report);
  const reading: Reading = { readSlot: readClientSlot, report, shapes: blockShapes };
  const config = asObject(body.output_config);
  const messages = decodeMessages(body.messages, reading);
  const output = decodeOutput(asObject(config?.format) ?? asObject(body.output_format));
  const user = asString(asObject(body.metadata)?.user_id);
  const begun = endsInWords(messages.turns);
  return {
    turns: [...decodeSystem(body.system, reading), ...messages.turns],
    ...(begun && { begun }),
    tools: decodeTools(body.tools, report),
    ...decodeChoice(body.tool_choice),
    sampling: decodeSampling(body),
    ...decodeThinking(asObject(body.thinking), messages.effort ?? decodeEffort(config), report),
    ...(output && { output }),
    ...(user !== undefined && user !== '' && { user }),
    ...(body.speed === 'fast' && { tier: 'priority' as const }),
    ...decodeMark(body),
  };
}

const said = new Set(
  [
    'model messages system max_tokens temperature top_p top_k stop_sequences stream tools tool_choice thinking output_config',
    'output_format metadata speed cache_control thread',
  ].flatMap((names) => names.split(' ')),
);

/** Values that ask for what happens anyway. */
const defaults: Readonly<Record<string, Json>> = { service_tier: 'auto' };

const reasons: Readonly<Record<string, string>> = {
  betas: 'They switch on features of the Anthropic API alone.',
  container: 'A container of code execution lives at Anthropic.',
  context_management: 'Only Anthropic edits the context itself; the conversation was sent whole.',
  diagnostics: 'Only Anthropic explains its cache misses.',
  mcp_servers: 'Only Anthropic calls MCP servers itself; their tools were not offered.',
  service_tier: 'Only Anthropic has this service tier.',
};

function reportUnsaid(body: JsonObject, report: Report): void {
  for (const [what, value] of Object.entries(body)) {
    if (said.has(what) || !isMeant(value) || value === defaults[what]) continue;
    report({ what, why: reasons[what] ?? 'It has a meaning only at Anthropic; it was left out.' });
  }
  if (isSaid(body.speed) && body.speed !== 'fast' && body.speed !== 'standard')
    report({ what: 'speed', why: 'The gateway knows fast and standard.' });
  reportOthers(asObject(body.thinking), ['type', 'budget_tokens', 'display'], 'thinking', unknownMember, report);
  reportConfig(asObject(body.output_config), 'output_config', report);
  reportFormat(asObject(body.output_format), 'output_format', report);
  for (const [key, value] of Object.entries(asObject(body.metadata) ?? {}))
    if (key !== 'user_id' && isMeant(value))
      report({ what: `metadata.${key}`, why: 'Messages defines no metadata but user_id.' });
}

function reportConfig(config: JsonObject | undefined, where: string, report: Report): void {
  if (!config) return;
  const { effort, format, task_budget: budget } = config;
  reportOthers(config, ['effort', 'format', 'task_budget'], where, unknownMember, report);
  reportFormat(asObject(format), `${where}.format`, report);
  if (isMeant(budget))
    report({ what: 'task_budget', why: 'Only Anthropic lets a model watch a budget over many requests.' });
  if (isSaid(effort) && !isEffort(effort))
    report({
      what: 'effort',
      where: `${where}.effort`,
      why: 'The gateway does not know this level, so the model decides.',
    });
}

function reportFormat(format: JsonObject | undefined, where: string, report: Report): void {
  reportOthers(format, ['type', 'schema'], where, unknownMember, report);
  if (format && format.type !== 'json_schema')
    report({ what: 'output_format', where, why: 'The gateway knows the format json_schema alone.' });
}

function isMeant(value: Json | undefined): boolean {
  return value === false || isSaid(value);
}

/** Claude Code's first system block speaks to Anthropic's billing; its content changes, which would spoil others' caches. */
const billingNote = 'x-anthropic-billing-header:';

function decodeSystem(system: Json | undefined, reading: Reading): Turn[] {
  const parts = decodeContent(system, 'system', reading).filter((part, index) => {
    const note = part.type === 'text' && part.text.startsWith(billingNote);
    if (note)
      reading.report({
        what: 'x-anthropic-billing-header',
        where: `system[${index}]`,
        why: "It is a note to Anthropic's billing, not to the model; it was left out.",
      });
    return !note;
  });
  return parts.length > 0 ? [{ role: 'system', parts }] : [];
}

const messageShapes: Shapes = { output_config: configShapes, clear_at: text };

/** The turns, and the effort that the last message with one asks for. */
function decodeMessages(messages: Json | undefined, reading: Reading): { turns: Turn[]; effort?: Effort } {
  const list = asArray(messages);
  if (!list) throw invalid('messages', 'an array of messages is expected');
  const lastUser = list.findLastIndex((message) => asObject(message)?.role === 'user');
  let effort: Effort | undefined;
  const turns = list.flatMap((value, index): Turn[] => {
    const where = `messages[${index}]`;
    const message = asObject(value) ?? {};
    const { role } = message;
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      throw invalid(`${where}.role`, 'user, assistant or system is expected');
    expectShape(message, messageShapes, where, misshapen);
    const config = asObject(message.output_config);
    reportConfig(config, `${where}.output_config`, reading.report);
    effort = decodeEffort(config) ?? effort;
    if (message.clear_at === 'next_user_message' && index < lastUser) return [];
    reportClearing(message.clear_at, where, reading.report);
    const parts = decodeContent(message.content, `${where}.content`, reading);
    return parts.length > 0 ? [{ role, parts }] : [];
  });
  return { turns, ...(effort && { effort }) };
}

function reportClearing(clearAt: Json | undefined, where: string, report: Report): void {
  if (isSaid(clearAt) && clearAt !== 'next_user_message' && clearAt !== 'never')
    report({
      what: 'clear_at',
      where: `${where}.clear_at`,
      why: 'The gateway knows next_user_message and never; the message was kept.',
    });
}

function decodeSampling(body: JsonObject): Sampling {
  return compact({
    maxTokens: numberIn(body, 'max_tokens'),
    temperature: numberIn(body, 'temperature'),
    topP: numberIn(body, 'top_p'),
    topK: numberIn(body, 'top_k'),
    stop: decodeStops(body.stop_sequences),
  });
}

function numberIn(body: JsonObject, member: string): number | undefined {
  return saidAs(body[member], asNumber, () => invalid(member, 'a number is expected'));
}

function decodeStops(value: Json | undefined): readonly string[] | undefined {
  const stops = saidAs(value, asStrings, () => invalid('stop_sequences', 'an array of strings is expected'));
  return stops && stops.length > 0 ? stops : undefined;
}

function decodeOutput(format: JsonObject | undefined): Output | undefined {
  if (format?.type !== 'json_schema') return undefined;
  const schema = asObject(format.schema);
  return { type: 'json', ...(schema && { schema, strict: true }) };
}
