// What Gemini refuses, in its words: unknown names, its schema subset, tools, generation settings. The conversation itself is
// in strict-gemini-contents.ts. Members are those of the vendor's own client library, in either spelling.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import { declarationsOf, member, snakeCase } from './gemini-ask.ts';
import type { Signer } from './signature.ts';
import { type Ask, type Call, refuse } from './speaker.ts';
import { checkContents } from './strict-gemini-contents.ts';
import { checkNames } from './strict-gemini-names.ts';

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

const requestMembers = names(
  'contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier store model labels',
);
const countMembers = names('contents generateContentRequest model systemInstruction tools generationConfig');
const generationMembers = names(
  'modelSelectionConfig responseJsonSchema audioTranscriptionConfig audioTimestamp candidateCount enableAffectiveDialog ' +
    'frequencyPenalty logprobs maxOutputTokens mediaResolution presencePenalty responseFormat responseLogprobs responseMimeType ' +
    'responseModalities responseSchema routingConfig seed speechConfig stopSequences temperature thinkingConfig topK topP ' +
    'enableEnhancedCivicAnswers translationConfig imageConfig',
);
const toolMembers = names(
  'functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext fileSearch googleMaps computerUse ' +
    'mcpServers retrieval enterpriseWebSearch',
);
const declarationMembers = names(
  'name description parameters parametersJsonSchema response responseJsonSchema behavior',
);
const schemaMembers = names(
  'anyOf default description enum example format items maxItems maxLength maxProperties maximum minItems minLength ' +
    'minProperties minimum nullable pattern properties propertyOrdering required title type',
);

/** Refuses what the service would. */
export function checkGemini(ask: Ask, call: Call, signer: Signer): void {
  const { body } = ask;
  const counting = call.path.includes(':countTokens');
  const inner = asObject(member(body, 'generateContentRequest'));
  checkNames(body, counting ? countMembers : requestMembers, '');
  const request = counting && inner !== undefined ? inner : body;
  if (request === inner) checkNames(inner, requestMembers, 'generate_content_request');
  checkTools(request);
  checkGeneration(asObject(member(request, 'generationConfig')));
  checkCalling(request);
  checkSafety(request);
  checkContents({ ...ask, body: request }, signer);
}

function checkTools(body: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, tool] of objects(body.tools).entries()) {
    checkNames(tool, toolMembers, `tools[${index}]`);
    for (const [at, declaration] of objects(member(tool, 'functionDeclarations')).entries()) {
      const where = `tools[${index}].function_declarations[${at}]`;
      checkDeclaration(declaration, where);
      const name = String(declaration.name);
      if (seen.has(name)) refuse(`Duplicate function declaration found: ${name}`);
      seen.add(name);
    }
  }
}

function checkDeclaration(declaration: JsonObject, at: string): void {
  checkNames(declaration, declarationMembers, at);
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(asString(declaration.name) ?? ''))
    refuse(
      `* GenerateContentRequest.${at}.name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.`,
    );
  const jsonSchema = member(declaration, 'parametersJsonSchema');
  if (declaration.parameters !== undefined && jsonSchema !== undefined)
    refuse(`* GenerateContentRequest.${at}: only one of parameters and parameters_json_schema can be set.`);
  if (declaration.parameters !== undefined) checkSchema(declaration.parameters, `${at}.parameters`);
  if (jsonSchema !== undefined && !isObject(jsonSchema))
    refuse(`* GenerateContentRequest.${at}.parameters_json_schema: must be an object.`);
}

const schemaTypes = names('STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL TYPE_UNSPECIFIED');

/** The OpenAPI subset that `parameters` and `responseSchema` are written in. */
function checkSchema(value: Json | undefined, at: string): void {
  if (!isObject(value))
    refuse(
      `Invalid value at '${at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Schema), ${JSON.stringify(value ?? null)}`,
    );
  checkNames(value, schemaMembers, at);
  const type = checkSchemaType(value, at);
  checkSchemaLists(value, type, at);
  if (type === 'ARRAY' && value.items === undefined) refuse(`* GenerateContentRequest.${at}.items: missing field.`);
  if (type === 'STRING' && value.format !== undefined && value.format !== 'enum' && value.format !== 'date-time')
    refuse(`* GenerateContentRequest.${at}.format: only 'enum' and 'date-time' are supported for STRING type`);
  for (const [name, inner] of Object.entries(asObject(value.properties) ?? {}))
    checkSchema(inner, `${at}.properties[${name}]`);
  if (value.items !== undefined) checkSchema(value.items, `${at}.items`);
  for (const [index, branch] of (asArray(member(value, 'anyOf')) ?? []).entries())
    checkSchema(branch, `${at}.any_of[${index}]`);
}

function checkSchemaType(schema: JsonObject, at: string): string | undefined {
  if (schema.type === undefined) return undefined;
  if (Array.isArray(schema.type))
    refuse(
      `Invalid JSON payload received. Unknown name "type" at '${at}': Proto field is not repeating, cannot start list.`,
    );
  const type = String(schema.type).toUpperCase();
  if (!schemaTypes.has(type))
    refuse(
      `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), ${JSON.stringify(schema.type)}`,
    );
  return type;
}

function checkSchemaLists(schema: JsonObject, type: string | undefined, at: string): void {
  for (const [index, choice] of (asArray(schema.enum) ?? []).entries())
    if (typeof choice !== 'string')
      refuse(`Invalid value at '${at}.enum[${index}]' (TYPE_STRING), ${JSON.stringify(choice)}`);
  if (schema.enum !== undefined && type !== undefined && type !== 'STRING' && type !== 'INTEGER')
    refuse(`* GenerateContentRequest.${at}.enum: only allowed for STRING type`);
  const properties = asObject(schema.properties) ?? {};
  for (const [index, name] of (asArray(schema.required) ?? []).entries())
    if (properties[String(name)] === undefined)
      refuse(`* GenerateContentRequest.${at}.required[${index}]: property is not defined`);
}

function checkGeneration(generation: JsonObject | undefined): void {
  if (generation === undefined) return;
  checkNames(generation, generationMembers, 'generation_config');
  checkRange(generation, 'temperature', 0, 2);
  checkRange(generation, 'topP', 0, 1);
  checkRange(generation, 'candidateCount', 1, 8);
  checkRange(generation, 'maxOutputTokens', 1, 1_000_000);
  const stops = asArray(member(generation, 'stopSequences')) ?? [];
  if (stops.length > 5)
    refuse(
      '* GenerateContentRequest.generation_config.stop_sequences: the number of stop sequences must be at most 5.',
    );
  const thinking = asObject(member(generation, 'thinkingConfig'));
  if (member(thinking, 'thinkingBudget') !== undefined && member(thinking, 'thinkingLevel') !== undefined)
    refuse('You can only set only one of thinking budget and thinking level.');
  checkAnswerSchema(generation);
}

function checkRange(generation: JsonObject, name: string, least: number, most: number): void {
  const written = member(generation, name);
  if (written === undefined) return;
  const value = asNumber(written);
  const at = `generation_config.${snakeCase(name)}`;
  if (value === undefined) refuse(`Invalid value at '${at}', ${JSON.stringify(written)}`);
  if (value < least || value > most)
    refuse(`* GenerateContentRequest.${at}: must be in the range [${least}, ${most}].`);
}

function checkAnswerSchema(generation: JsonObject): void {
  const schema = member(generation, 'responseSchema');
  const jsonSchema = member(generation, 'responseJsonSchema');
  const mime = asString(member(generation, 'responseMimeType'));
  if (mime !== undefined && !['text/plain', 'application/json', 'text/x.enum'].includes(mime))
    refuse(
      `* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\` and \`text/x.enum\`.`,
    );
  if (schema === undefined && jsonSchema === undefined) return;
  if (schema !== undefined && jsonSchema !== undefined)
    refuse(
      '* GenerateContentRequest.generation_config: only one of response_schema and response_json_schema can be set.',
    );
  if (mime !== 'application/json' && mime !== 'text/x.enum')
    refuse(
      '* GenerateContentRequest.generation_config.response_schema: response schema requires response_mime_type to be application/json.',
    );
  if (schema !== undefined) checkSchema(schema, 'generation_config.response_schema');
}

function checkCalling(body: JsonObject): void {
  const calling = asObject(member(asObject(member(body, 'toolConfig')), 'functionCallingConfig'));
  if (calling === undefined) return;
  const mode = asString(calling.mode)?.toUpperCase() ?? 'AUTO';
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'].includes(mode))
    refuse(`Invalid value at 'tool_config.function_calling_config.mode', ${JSON.stringify(calling.mode)}`);
  const allowed = asArray(member(calling, 'allowedFunctionNames')) ?? [];
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED')
    refuse('Function calling config is set with allowed_function_names, but the mode is not ANY or VALIDATED.');
  const declared = declarationsOf(body).map((declaration) => declaration.name);
  if (mode === 'ANY' && declared.length === 0) refuse('Function calling config is set without function_declarations.');
  const stranger = allowed.find((name) => !declared.includes(name));
  if (stranger !== undefined)
    refuse(
      `Function calling config's allowed_function_names contains a function that is not declared: ${String(stranger)}`,
    );
}

function checkSafety(body: JsonObject): void {
  for (const [index, setting] of objects(member(body, 'safetySettings')).entries()) {
    const at = `safety_settings[${index}]`;
    checkNames(setting, names('category threshold method'), at);
    if (asString(setting.category)?.startsWith('HARM_CATEGORY_') !== true)
      refuse(`Invalid value at '${at}.category', ${JSON.stringify(setting.category ?? null)}`);
    if (!/^(?:BLOCK_[A-Z_]+|OFF|HARM_BLOCK_THRESHOLD_UNSPECIFIED)$/.test(asString(setting.threshold) ?? ''))
      refuse(`Invalid value at '${at}.threshold', ${JSON.stringify(setting.threshold ?? null)}`);
  }
}
