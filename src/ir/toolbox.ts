// The tools of a request, and every mention of them in its history and its choice, as the target's service takes them.

import type { DialectId } from '../envelope.ts';
import { asObject, asString, type JsonObject } from '../json.ts';
import type { Report } from '../loss.ts';
import { namesHosted, placeHosted } from './hosted.ts';
import type { Limits } from './limits.ts';
import type { ChatRequest, FreeformTool, FunctionTool, Part, Tool, ToolCallPart, ToolChoice, Turn } from './request.ts';
import { NameBook, type ToolName, type ToolNames } from './tool-names.ts';

/** The request with tools that the target's service accepts, and the way back to the client's names. */
export function repairTools(
  request: ChatRequest,
  speaker: DialectId,
  limits: Limits,
  report: Report,
): { request: ChatRequest; names: ToolNames } {
  const { toolChoice: wanted, parallelToolCalls, ...rest } = request;
  const book = new NameBook(limits);
  const offered = distinct(placeHosted(request.tools, wanted, speaker, report));
  const placed = limits.unboundHosted ? offered.filter((tool) => mayRun(tool, wanted)) : offered;
  for (const tool of placed) occupyHosted(tool, limits, book);
  book.reserve(placed.flatMap((tool) => (tool.type === 'hosted' ? [] : [nameOf(tool)])));
  const tools = placed.map((tool) => repairTool(tool, limits, book, report));
  const turns = request.turns.map((turn) => renameTurn(turn, limits, book));
  // Last: a choice comes and goes between turns, and must not change who gets which name.
  const chosen = wanted === undefined ? undefined : choose(wanted, placed, book, report);
  const repaired: ChatRequest = {
    ...rest,
    turns,
    tools,
    ...(chosen !== undefined && { toolChoice: chosen }),
    // OpenAI answers 400 where `parallel_tool_calls` comes without tools.
    ...(parallelToolCalls !== undefined && tools.length > 0 && { parallelToolCalls }),
  };
  return { request: repaired, names: book.names(request.tools) };
}

/** Whether the choice leaves a built-in tool to run. */
function mayRun(tool: Tool, choice: ToolChoice | undefined): boolean {
  if (tool.type !== 'hosted' || choice === undefined) return true;
  if (typeof choice === 'string') return choice !== 'none';
  return !('allowed' in choice) || choice.allowed.some((word) => namesHosted(word, tool));
}

function occupyHosted(tool: Tool, { hostedNames }: Limits, book: NameBook): void {
  const name = tool.type === 'hosted' ? hostedNames?.[tool.kind] : undefined;
  if (name !== undefined) book.occupy(name);
}

function nameOf({ name, namespace }: ToolName): ToolName {
  return namespace === undefined ? { name } : { name, namespace };
}

/** Anthropic and OpenAI refuse two tools of one name: the last definition wins, at the first one's place. */
function distinct(tools: readonly Tool[]): readonly Tool[] {
  const places = new Map<string, number>();
  const kept: Tool[] = [];
  for (const tool of tools) {
    if (tool.type === 'hosted') {
      kept.push(tool);
      continue;
    }
    const key = JSON.stringify([tool.namespace, tool.name]);
    const place = places.get(key);
    if (place === undefined) places.set(key, kept.push(tool) - 1);
    else kept[place] = tool;
  }
  return kept;
}

function repairTool(tool: Tool, limits: Limits, book: NameBook, report: Report): Tool {
  if (tool.type === 'hosted') return tool;
  const { namespace: _, ...rest } = tool;
  if (rest.type === 'function') return { ...rest, ...book.wire(nameOf(tool)) };
  const wire = book.wireFreeform(nameOf(tool));
  return limits.freeformTools ? { ...rest, ...wire } : asFunction(rest, wire, report);
}

/** Messages and Gemini know no freeform tools: a function with one string `input` stands for it. */
function asFunction(tool: FreeformTool, wire: ToolName, report: Report): FunctionTool {
  const grammar = grammarOf(tool.format);
  if (grammar !== undefined)
    report({
      what: 'grammar',
      why: 'This dialect cannot enforce a grammar on a tool’s input; it was put in the description instead.',
    });
  const told = grammar === undefined ? tool.description : [tool.description, grammar].filter(Boolean).join('\n\n');
  return {
    type: 'function',
    ...wire,
    ...(told !== undefined && { description: told }),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
    },
    ...(tool.cache && { cache: tool.cache }),
  };
}

/** Responses puts syntax and definition in the format itself, Chat in its member `grammar`. */
function grammarOf(format: JsonObject | undefined): string | undefined {
  const grammar = asObject(format?.grammar) ?? format;
  const definition = asString(grammar?.definition);
  if (definition === undefined) return undefined;
  const syntax = asString(grammar?.syntax);
  return `The input must obey this grammar${syntax ? ` (${syntax})` : ''}:\n${definition}`;
}

function renameTurn(turn: Turn, limits: Limits, book: NameBook): Turn {
  if (!turn.parts.some((part) => part.type === 'tool-call' || part.type === 'tool-result')) return turn;
  return { ...turn, parts: turn.parts.map((part) => renamePart(part, limits, book)) };
}

function renamePart(part: Part, limits: Limits, book: NameBook): Part {
  if (part.type === 'tool-call') return renameCall(part, limits, book);
  if (part.type !== 'tool-result') return part;
  const { freeform, name, ...rest } = part;
  return {
    ...rest,
    ...(name !== undefined && { name: book.wire({ name }).name }),
    ...(freeform && limits.freeformTools && { freeform }),
  };
}

function renameCall(part: ToolCallPart, limits: Limits, book: NameBook): ToolCallPart {
  const { freeform, namespace: _, ...rest } = part;
  if (!freeform) return { ...rest, ...book.wire(nameOf(part)) };
  const wire = book.wireFreeform(nameOf(part));
  if (limits.freeformTools) return { ...rest, ...wire, freeform };
  return { ...rest, ...wire, input: JSON.stringify({ input: part.input }) };
}

/** A choice must agree with the tools: every vendor answers 400 to one without tools or of a tool that is not listed. */
function choose(wanted: ToolChoice, tools: readonly Tool[], book: NameBook, report: Report): ToolChoice | undefined {
  if (tools.length === 0) {
    if (wanted !== 'auto' && wanted !== 'none')
      report({ what: 'tool_choice', why: 'No tools were sent along, so there was nothing to choose from.' });
    return undefined;
  }
  if (typeof wanted === 'string') return wanted;
  const names = 'name' in wanted ? [wanted] : wanted.allowed.map((name) => ({ name }));
  const found = names.flatMap((name) => find(name, tools, book));
  if (found.length < names.length)
    report({
      what: 'tool_choice',
      why: 'It named a tool that is not among the tools sent along; that name was left out.',
    });
  const [first] = found;
  if (!first) return 'name' in wanted ? 'auto' : 'none';
  return 'name' in wanted ? first : { allowed: found.map(({ name }) => name), mode: wanted.mode };
}

/** The tool a choice means, by its wire name; a choice without namespace may mean a tool in any. */
function find(wanted: ToolName, tools: readonly Tool[], book: NameBook): readonly ToolName[] {
  for (const tool of tools) {
    if (tool.type === 'hosted' ? namesHosted(wanted.name, tool) : means(wanted, tool))
      return [tool.type === 'hosted' ? wanted : book.wire(nameOf(tool))];
  }
  return [];
}

function means(wanted: ToolName, tool: ToolName): boolean {
  if (wanted.namespace !== undefined) return wanted.name === tool.name && wanted.namespace === tool.namespace;
  return wanted.name === tool.name || wanted.name === `${tool.namespace ?? ''}__${tool.name}`;
}
