// Hearing a Gemini request. The service takes both spellings of every member (`systemInstruction`, `system_instruction`).

import type { Json, JsonObject } from '../json.ts';
import { asArray, asBoolean, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import { lastTurn, percentDecoded, prefixesOf, textIn } from './hearing.ts';
import type { Ask, Call, OfferedTool } from './speaker.ts';

/** A member by its camel-case name, in either spelling. */
export function member(object: JsonObject | undefined, name: string): Json | undefined {
  return object?.[name] ?? object?.[snakeCase(name)];
}

/** `systemInstruction` → `system_instruction`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `system_instruction` → `systemInstruction`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The model and verb of a path such as `/v1beta/models/x:generateContent`. */
export function geminiPath(path: string): { readonly model: string; readonly verb: string; readonly vertex: boolean } {
  const plain = path.split('?')[0] ?? '';
  const found = /\/models\/(.+):(\w+)$/.exec(plain);
  const model = percentDecoded(found?.[1] ?? '');
  return { model, verb: found?.[2] ?? '', vertex: plain.includes('/publishers/') };
}

const contentsOf = (body: JsonObject): readonly JsonObject[] => objects(member(body, 'contents'));
/** The parts of a content, function responses among them. */
export const partsOf = (content: JsonObject): readonly JsonObject[] => objects(content.parts);
/** The call that a part is, in either spelling; undefined for any other part. */
export const callIn = (part: JsonObject): JsonObject | undefined => asObject(member(part, 'functionCall'));
/** The function response that a part is; undefined for any other part. */
export const responseIn = (part: JsonObject): JsonObject | undefined => asObject(member(part, 'functionResponse'));
/** What the signature of a call vouches for. */
export const callMark = (name: string): string => `call ${name}`;
/** All function declarations of a request. */
export const declarationsOf = (body: JsonObject): readonly JsonObject[] =>
  objects(body.tools).flatMap((tool) => objects(member(tool, 'functionDeclarations')));

/** What a body asks, and its path: the path names the model, and whether to stream. */
export function hearGemini(body: JsonObject, call: Call): Ask {
  const { model, verb, vertex } = geminiPath(call.path);
  const contents = contentsOf(body);
  const parts = lastTurn(contents, (content) => content.role === 'model').flatMap(partsOf);
  const generation = asObject(member(body, 'generationConfig'));
  const thinking = asObject(member(generation, 'thinkingConfig'));
  const maxTokens = asNumber(member(generation, 'maxOutputTokens'));
  const json = jsonWanted(generation);
  return {
    tongue: 'gemini',
    model,
    stream: verb === 'streamGenerateContent',
    prompt: parts.flatMap((part) => asString(part.text) ?? []).join('\n'),
    results: parts.map(responseIn).filter(isObject).map(resultOf),
    tools: declarationsOf(body).flatMap(toolOf),
    choice: choiceOf(body),
    parallel: true,
    ...(json === undefined ? {} : { json }),
    thinks: thinkingWanted(thinking),
    showsThoughts: asBoolean(member(thinking, 'includeThoughts')) === true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stops: (asArray(member(generation, 'stopSequences')) ?? []).flatMap((stop) => asString(stop) ?? []),
    ...(member(generation, 'responseLogprobs') === true
      ? { logprobs: asNumber(member(generation, 'logprobs')) ?? 0 }
      : {}),
    prefixes: prefixesOf([
      { value: [member(body, 'systemInstruction') ?? null, body.tools ?? null], ends: false },
      ...contents.map((value) => ({ value, ends: true })),
    ]),
    caching: 'automatic',
    text: textOf(asObject(member(body, 'generateContentRequest')) ?? body),
    body,
    vertex,
    array: !/[?&]alt=sse(?:&|$)/.test(call.path),
  };
}

/** The text that counts; a counting call may wrap a whole request. */
function textOf(body: JsonObject): string {
  return textIn([member(body, 'systemInstruction') ?? null, body.tools ?? null, body.contents ?? null]);
}

function resultOf(response: JsonObject): { readonly name: string; readonly text: string } {
  const value = asObject(response.response) ?? {};
  const text = asString(value.result) ?? asString(value.output) ?? JSON.stringify(value);
  return { name: asString(response.name) ?? 'tool', text };
}

function toolOf(declaration: JsonObject): readonly OfferedTool[] {
  const name = asString(declaration.name);
  const schema = asObject(member(declaration, 'parametersJsonSchema')) ?? asObject(declaration.parameters);
  return name === undefined ? [] : [{ name, ...(schema === undefined ? {} : { schema }) }];
}

function choiceOf(body: JsonObject): Ask['choice'] {
  const calling = asObject(member(asObject(member(body, 'toolConfig')), 'functionCallingConfig'));
  const mode = asString(calling?.mode)?.toUpperCase();
  if (mode === 'NONE') return 'none';
  if (mode !== 'ANY') return 'auto';
  const name = asString(asArray(member(calling, 'allowedFunctionNames'))?.[0]);
  return name === undefined ? 'required' : { name };
}

function thinkingWanted(thinking: JsonObject | undefined): boolean {
  const budget = asNumber(member(thinking, 'thinkingBudget'));
  if (budget !== undefined) return budget !== 0;
  const included = asBoolean(member(thinking, 'includeThoughts')) === true;
  return included || asString(member(thinking, 'thinkingLevel')) !== undefined;
}

function jsonWanted(generation: JsonObject | undefined): Ask['json'] {
  if (member(generation, 'responseMimeType') !== 'application/json') return undefined;
  const schema = asObject(member(generation, 'responseJsonSchema')) ?? asObject(member(generation, 'responseSchema'));
  return schema === undefined ? {} : { schema };
}
