// What Gemini refuses in a conversation: roles, parts, the pairing of calls and responses, thought signatures.

import type { JsonObject } from '../json.ts';
import { asArray, asString, isObject } from '../json.ts';
import { callIn, callMark, member, partsOf, responseIn } from './gemini-ask.ts';
import type { Signer } from './signature.ts';
import { type Ask, refuse } from './speaker.ts';
import { checkNames } from './strict-gemini-names.ts';

const partMembers = new Set(
  (
    'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse thought ' +
    'thoughtSignature videoMetadata mediaResolution partMetadata audioTranscription mediaProcessing speechMetadata'
  ).split(' '),
);
const data =
  'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse'.split(
    ' ',
  );

/** Refuses what the service would of `contents` and `systemInstruction`. */
export function checkContents(ask: Ask, signer: Signer): void {
  const contents = asArray(member(ask.body, 'contents'));
  if (contents === undefined || contents.length === 0)
    refuse('* GenerateContentRequest.contents: contents is not specified\n');
  const turns = contents.map((content, index) => {
    if (!isObject(content)) refuse(`Invalid value at 'contents[${index}]', ${JSON.stringify(content)}`);
    checkContent(content, `contents[${index}]`, ask.vertex === true);
    return content;
  });
  const system = member(ask.body, 'systemInstruction');
  if (isObject(system)) checkParts(system, 'system_instruction', ask.vertex === true);
  const merged = mergedTurns(turns);
  checkEnd(turns.at(-1), ask.model);
  checkOrder(merged);
  checkPairing(merged);
  checkSignatures(turns, ask.model, signer);
}

/** Models that do not go on with a turn of their own. */
const noPrefill = /gemini-3\.(?:5-flash-lite|[67]-)/;

function checkEnd(last: JsonObject | undefined, model: string): void {
  if (last?.role !== 'model' || !noPrefill.test(model)) return;
  if (partsOf(last).at(-1)?.functionResponse === undefined)
    refuse('Requests ending with a model turn are not supported unless the last part is a function response.');
}

function checkContent(content: JsonObject, at: string, vertex: boolean): void {
  checkNames(content, new Set(['role', 'parts']), at);
  if (content.role !== undefined && content.role !== 'user' && content.role !== 'model')
    refuse('Please use a valid role: user, model.');
  checkParts(content, at, vertex);
}

function checkParts(content: JsonObject, at: string, vertex: boolean): void {
  const parts = partsOf(content);
  if (parts.length === 0) refuse(`* GenerateContentRequest.${at}.parts: contents.parts must not be empty.\n`);
  for (const [index, part] of parts.entries()) checkPart(part, `${at}.parts[${index}]`, vertex);
}

function checkPart(part: JsonObject, at: string, vertex: boolean): void {
  checkNames(part, partMembers, at);
  const given = data.filter((name) => member(part, name) !== undefined);
  // Empty text is legal only where it carries a signature.
  const empty = part.text === '' && member(part, 'thoughtSignature') === undefined;
  if (given.length === 0 || empty)
    refuse(`* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field\n`);
  if (given.length > 1)
    refuse(`Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${given[1]}'`);
  const call = callIn(part);
  if (call !== undefined) checkCall(call, `${at}.function_call`, vertex);
  const response = responseIn(part);
  if (response !== undefined) checkResponse(response, `${at}.function_response`, vertex);
  checkInline(part, at);
}

function checkInline(part: JsonObject, at: string): void {
  const inline = member(part, 'inlineData');
  if (!isObject(inline)) return;
  if (asString(member(inline, 'mimeType')) === undefined)
    refuse(`* GenerateContentRequest.${at}.inline_data.mime_type: must not be empty`);
  if (!/^[A-Za-z0-9+/_-]*=*$/.test(asString(inline.data) ?? '!'))
    refuse(`Invalid value at '${at}.inline_data.data' (TYPE_BYTES), Base64 decoding failed`);
}

function checkCall(call: JsonObject, at: string, vertex: boolean): void {
  checkNames(call, new Set(vertex ? ['name', 'args'] : ['id', 'name', 'args', 'partialArgs', 'willContinue']), at);
  if (asString(call.name) === undefined) refuse(`* GenerateContentRequest.${at}.name: Name cannot be empty.`);
  if (call.args !== undefined && !isObject(call.args))
    refuse(`Invalid value at '${at}.args' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(call.args)}`);
}

function checkResponse(response: JsonObject, at: string, vertex: boolean): void {
  const known = ['name', 'response', 'parts', 'scheduling', 'willContinue'];
  checkNames(response, new Set(vertex ? known : ['id', ...known]), at);
  if (asString(response.name) === undefined) refuse(`* GenerateContentRequest.${at}.name: Name cannot be empty.`);
  if (!isObject(response.response))
    refuse(
      `Invalid value at '${at}.response' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(response.response ?? null)}`,
    );
}

interface Turn {
  readonly model: boolean;
  readonly calls: readonly JsonObject[];
  readonly responses: readonly JsonObject[];
}

/** Adjacent contents of one role are one turn, as the service reads them. */
function mergedTurns(contents: readonly JsonObject[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const content of contents) {
    const parts = partsOf(content);
    const calls = parts.map(callIn).filter(isObject);
    const responses = parts.map(responseIn).filter(isObject);
    const model = content.role === 'model';
    const last = turns.at(-1);
    if (last?.model === model)
      turns[turns.length - 1] = {
        model,
        calls: [...last.calls, ...calls],
        responses: [...last.responses, ...responses],
      };
    else turns.push({ model, calls, responses });
  }
  return turns;
}

function checkOrder(turns: readonly Turn[]): void {
  const first = turns[0];
  if (first?.model === true)
    refuse(
      first.calls.length > 0
        ? 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
        : 'Please ensure that multiturn requests start with a user turn.',
    );
  const last = turns.at(-1);
  if (last?.model === true && last.calls.length > 0)
    refuse('Please ensure that the function call turn is followed by a function response turn.');
}

/** Each call is answered in the very next turn: as many responses as calls, by id where there is one, else by name. */
function checkPairing(turns: readonly Turn[]): void {
  for (const [index, turn] of turns.entries()) {
    const calls = turns[index - 1]?.calls ?? [];
    if (turn.responses.length > 0 && calls.length === 0)
      refuse('Please ensure that function response turn comes immediately after a function call turn.');
    if (calls.length !== turn.responses.length && !turn.model)
      refuse(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    checkAnswers(calls, turn.responses);
  }
}

function checkAnswers(calls: readonly JsonObject[], responses: readonly JsonObject[]): void {
  const open = [...calls];
  for (const response of responses) {
    const id = asString(response.id);
    const at = open.findIndex((call) => (id === undefined ? call.name === response.name : call.id === id));
    if (at < 0 || open[at]?.name !== response.name)
      refuse(
        `Function response ${id === undefined ? '' : `with id "${id}" `}for "${String(response.name)}" matches no function call of the previous turn.`,
      );
    open.splice(at, 1);
  }
}

/** Values that the vendor documents for calls it did not make. */
const placeholders = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']);
/** Models before 3 do not ask for signatures. */
const unsigned = /^(?:models\/)?gemini-[12][.-]/;

function checkSignatures(contents: readonly JsonObject[], model: string, signer: Signer): void {
  for (const part of contents.flatMap(partsOf)) {
    const signature = asString(member(part, 'thoughtSignature'));
    if (signature === undefined || placeholders.has(signature)) continue;
    const call = callIn(part);
    const content = call === undefined ? undefined : callMark(String(call.name));
    if (!signer.issued('thought', signature, content)) refuse('Corrupted thought signature.');
  }
  if (!unsigned.test(model)) checkPresence(contents);
}

/** In the current turn the first call of every step carries its signature. */
function checkPresence(contents: readonly JsonObject[]): void {
  const start = contents.findLastIndex(
    (content) => content.role !== 'model' && partsOf(content).some((part) => asString(part.text) !== undefined),
  );
  for (const [offset, content] of contents.slice(start + 1).entries()) {
    if (content.role !== 'model') continue;
    const first = partsOf(content).find((part) => callIn(part) !== undefined);
    if (first === undefined || member(first, 'thoughtSignature') !== undefined) continue;
    refuse(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String(callIn(first)?.name)}\`, position ${start + 1 + offset + 1}.`,
    );
  }
}
