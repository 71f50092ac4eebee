// Thought signatures (and call ids) in a body that stays in this dialect: our marks are opened, what the target demands is
// added, what it refuses is taken out. Everything else keeps its bytes.

import type { Body } from '../../body.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { isMarked, mayHoldMarks, readSlot } from './slot.ts';
import { camel, nativeMaker, unsealedCall } from './wire.ts';

/**
 * A body of this dialect that holds marked seals: those of `wanted` become bare, thoughts sealed by another maker go, and a
 * foreign seal on another part goes alone. Calls that thereby stand unsealed before a Google model get the documented word.
 */
export function unseal(body: Body, wanted: string, report: Report): Body {
  if (!mayHoldMarks(body)) return body;
  return editContents(body, (contents) => {
    const kept = contents.map((content) => unsealContent(content, wanted, report));
    const spoken = kept.filter((content, index) => content === contents[index] || partsOf(content).length > 0);
    return wanted === nativeMaker ? vouched(spoken) : spoken;
  });
}

/** The body without thoughts and without signatures, whoever made them. Untouched where it holds none. */
export function dropSeals(body: Body, report: Report): Body {
  return editContents(body, (contents) => {
    const kept = contents.map((content) =>
      withParts(
        content,
        partsOf(content).flatMap((part) => barePart(part, report)),
      ),
    );
    return kept.filter((content, index) => content === contents[index] || partsOf(content).length > 0);
  });
}

function barePart(value: Json, report: Report): Json[] {
  const part = asObject(value);
  if (!part || !(part.thought === true || 'thoughtSignature' in part || 'thought_signature' in part)) return [value];
  report({
    what: 'reasoning_history',
    why: 'Earlier thoughts are signed for another account or model, which alone can read them; they were left out.',
  });
  const { thoughtSignature: _, thought_signature: __, ...rest } = part;
  const empty = part.text === '' || Object.keys(rest).length === 0;
  return part.thought === true || empty ? [] : [rest];
}

/**
 * Calls as Gemini 3 wants them: a model step that another maker's model made has no signature, and the documented word stands
 * in. A body whose steps all have one is not even parsed.
 */
export function vouch(body: Body): Body {
  return isSealed(body.bytes) ? body : editContents(body, vouched);
}

/** Whether each content that holds calls holds a signature: from its role, or the one before it, to the next. Keys within texts are escaped. */
function isSealed(bytes: Buffer): boolean {
  // Searches of up to seven bytes are the quick ones.
  if (bytes.includes('n_call"')) return false;
  if (!bytes.includes('onCall"')) return true;
  let from = 0;
  for (;;) {
    const call = bytes.indexOf('"functionCall"', from);
    if (call < 0) return true;
    const next = bytes.indexOf('"role"', call);
    const end = next < 0 ? bytes.length : next;
    const signature = bytes.indexOf('"thoughtSignature"', Math.max(0, bytes.lastIndexOf('"role"', call)));
    if (signature < 0 || signature > end) return false;
    from = end;
  }
}

/**
 * The model's contents without empty texts, which the service refuses to hear again though its streams end with them: the
 * vendor's SDK keeps every chunk.
 */
export function withoutEmptyTexts(body: Body): Body {
  if (!body.bytes.includes('t":""') && !body.bytes.includes('t": ""')) return body;
  return editContents(body, (contents) => {
    const kept = contents.map((content) =>
      content.role === 'model'
        ? withParts(
            content,
            partsOf(content).filter((part) => !isEmptyText(part)),
          )
        : content,
    );
    return kept.filter((content, index) => content === contents[index] || partsOf(content).length > 0);
  });
}

function isEmptyText(value: Json): boolean {
  const part = asObject(value);
  return part?.text === '' && Object.keys(part).every((key) => key === 'text' || key === 'thought');
}

/** Calls and responses without ids, for services that refuse them. */
export function withoutCallIds(body: Body): Body {
  const { bytes } = body;
  if (!bytes.includes('"id"')) return body;
  return editContents(body, (contents) =>
    contents.map((content) =>
      withParts(
        content,
        partsOf(content).map((part) => withoutIds(part)),
      ),
    ),
  );
}

function withoutIds(part: Json): Json {
  const object = asObject(part);
  if (!object) return part;
  let edited: JsonObject | undefined;
  for (const key of ['functionCall', 'function_call', 'functionResponse', 'function_response']) {
    const inner = asObject(object[key]);
    if (!inner || !('id' in inner)) continue;
    const { id: _, ...rest } = inner;
    edited = { ...(edited ?? object), [key]: rest };
  }
  return edited ?? part;
}

/** The body with its turns edited, wherever they stand; untouched bytes where nothing changed. */
function editContents(body: Body, edit: (contents: readonly JsonObject[]) => readonly JsonObject[]): Body {
  let edited = spliced(body, ['contents'], body.get('contents'), edit);
  for (const wrapper of ['generateContentRequest', 'generate_content_request']) {
    const inner = asObject(edited.get(wrapper));
    if (inner) edited = spliced(edited, [wrapper, 'contents'], inner.contents, edit);
  }
  return edited;
}

function spliced(
  body: Body,
  path: readonly string[],
  value: Json | undefined,
  edit: (contents: readonly JsonObject[]) => readonly JsonObject[],
): Body {
  const given = asArray(value) ?? objects([value]);
  const contents = objects(given);
  if (contents.length === 0 || contents.length < given.length) return body;
  const result = edit(contents);
  const same = result.length === contents.length && result.every((content, index) => content === contents[index]);
  return same ? body : body.set(path, result, value);
}

function partsOf(content: JsonObject): readonly Json[] {
  return asArray(content.parts) ?? objects([content.parts]);
}

function withParts(content: JsonObject, parts: readonly Json[]): JsonObject {
  const before = partsOf(content);
  const same = parts.length === before.length && parts.every((part, index) => part === before[index]);
  return same ? content : { ...content, parts };
}

function unsealContent(content: JsonObject, wanted: string, report: Report): JsonObject {
  return withParts(
    content,
    partsOf(content).flatMap((part) => unsealPart(part, wanted, report)),
  );
}

function unsealPart(value: Json, wanted: string, report: Report): Json[] {
  const part = asObject(value);
  if (!part) return [value];
  const key = 'thoughtSignature' in part ? 'thoughtSignature' : 'thought_signature';
  const token = asString(part[key]);
  if (token === undefined || !isMarked(token)) return [value];
  const seal = readSlot(token);
  if (seal.maker === wanted) return [{ ...part, [key]: seal.token }];
  report({
    what: 'reasoning_history',
    why: `Reasoning sealed by ${seal.maker} cannot be read by ${wanted}; it was left out of the history.`,
  });
  const { [key]: _, ...rest } = part;
  const empty = part.text === '' || Object.keys(rest).length === 0;
  return part.thought === true || empty ? [] : [rest];
}

/**
 * With the documented word on the first call of every model step that has no signature. Also in turns long past, where nobody
 * checks: a prompt whose beginning changes as the conversation goes on is found in no cache.
 */
function vouched(contents: readonly JsonObject[]): readonly JsonObject[] {
  return contents.map((content) => {
    if (content.role !== 'model') return content;
    const parts = partsOf(content);
    const first = parts.findIndex((part) => has(asObject(part) ?? {}, 'functionCall'));
    const call = asObject(parts[first]);
    if (!call || has(call, 'thoughtSignature')) return content;
    return withParts(content, parts.with(first, { ...call, thoughtSignature: unsealedCall }));
  });
}

function has(part: JsonObject, key: string): boolean {
  return camel(part)[key] !== undefined;
}
