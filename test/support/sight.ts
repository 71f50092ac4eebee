// One request as the service of each dialect saw it. Shares nothing with the gateway's dialects.

import { asObject, asString, type Json, type JsonObject, objects } from '../../src/json.ts';
import type { UpstreamName } from './upstreams.ts';

/** The history that an upstream saw, a line a message: `user: result c1=sunny, text Thanks`. */
export const seen: Readonly<Record<UpstreamName, (body: JsonObject) => readonly string[]>> = {
  'openai-chat': ({ messages }) => objects(messages).map(seenChat),
  'openai-responses': ({ input }) => objects(input).map(seenItem),
  'anthropic-messages': ({ messages }) =>
    objects(messages).map(({ role, content }) => `${text(role)}: ${blocksOf(content).map(seenBlock).join(', ')}`),
  gemini: ({ contents }) =>
    objects(contents).map(({ role, parts }) => `${text(role)}: ${objects(parts).map(seenPart).join(', ')}`),
};

function blocksOf(content: Json | undefined): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);
}

function plain(content: Json | undefined): string {
  return blocksOf(content)
    .map((block) => text(block.text))
    .join('\n');
}

function seenChat({ role, content, tool_calls, tool_call_id }: JsonObject): string {
  if (role === 'tool') return `tool: result ${text(tool_call_id)}=${plain(content)}`;
  const calls = objects(tool_calls).map(({ id, function: called, custom }) => {
    const { name, arguments: given, input } = asObject(called) ?? asObject(custom) ?? {};
    return `call ${text(id)} ${text(name)}${text(given ?? input)}`;
  });
  return `${text(role)}: ${[...(content ? [`text ${plain(content)}`] : []), ...calls].join(', ')}`;
}

function seenItem(item: JsonObject): string {
  if (item.role) return `${text(item.role)}: text ${plain(item.content)}`;
  if (item.call_id && item.output !== undefined)
    return `${text(item.type)}: result ${text(item.call_id)}=${asString(item.output) ?? plain(item.output)}`;
  if (item.call_id)
    return `${text(item.type)}: call ${text(item.call_id)} ${text(item.name)}${text(item.arguments ?? item.input)}`;
  return text(item.type);
}

function seenBlock(block: JsonObject): string {
  if (block.type === 'tool_result') return `result ${text(block.tool_use_id)}=${plain(block.content)}`;
  if (block.type === 'tool_use') return `call ${text(block.id)} ${text(block.name)}${JSON.stringify(block.input)}`;
  return block.type === 'text' ? `text ${text(block.text)}` : text(block.type);
}

function seenPart(part: JsonObject): string {
  const called = asObject(part.functionCall);
  const answered = asObject(part.functionResponse);
  if (called) return `call ${text(called.id)} ${text(called.name)}${JSON.stringify(called.args)}`;
  if (answered) {
    const { response, id } = answered;
    const told = asObject(response) ?? {};
    const word = told.result ?? told.output ?? told.error;
    return `result ${text(id)}=${word === undefined ? JSON.stringify(told) : text(word)}`;
  }
  return part.thought ? 'thought' : `text ${text(part.text)}`;
}

/** The tools that an upstream was offered: name and schema. */
export const toolsSeen: Readonly<
  Record<UpstreamName, (body: JsonObject) => readonly (readonly [string, Json | undefined])[]>
> = {
  'openai-chat': ({ tools }) =>
    objects(tools).map((tool) => {
      const { name, parameters } = asObject(tool.function) ?? asObject(tool.custom) ?? {};
      return [text(name), parameters];
    }),
  'openai-responses': ({ tools }) =>
    objects(tools).flatMap((tool) =>
      tool.type === 'namespace'
        ? objects(tool.tools).map((inner) => [`${text(tool.name)}.${text(inner.name)}`, inner.parameters] as const)
        : [[asString(tool.name) ?? text(tool.type), tool.parameters] as const],
    ),
  'anthropic-messages': ({ tools }) =>
    objects(tools).map((tool) => [asString(tool.name) ?? text(tool.type), tool.input_schema]),
  gemini: ({ tools }) =>
    objects(tools).flatMap((tool) => [
      ...objects(tool.functionDeclarations).map(
        ({ name, parameters, parametersJsonSchema }) => [text(name), parameters ?? parametersJsonSchema] as const,
      ),
      ...Object.keys(tool)
        .filter((key) => key !== 'functionDeclarations')
        .map((key) => [key, undefined] as const),
    ]),
};

function text(value: Json | undefined): string {
  return asString(value) ?? '';
}
