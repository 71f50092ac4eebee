// A generateContent body, wire → IR.

import { badRequest } from '../../errors.ts';
import { endsInWords } from '../../ir/placement.ts';
import type { ChatRequest, MediaPart, Output, Sampling, Tier, Turn } from '../../ir/request.ts';
import {
  asBoolean,
  asObject,
  asString,
  asStrings,
  compact,
  isSaid,
  type Json,
  type JsonObject,
  saidAs,
} from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, object, type Shapes, text } from '../shape.ts';
import { decodeContents, decodeSystem } from './content-decode.ts';
import { detailOf } from './media.ts';
import { decodeSchema } from './schema-decode.ts';
import { decodeThinking } from './thinking.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';
import { camel, listOf, numberOf, reportRest, section } from './wire.ts';

/** What is read here, or says nothing about the conversation (the model stands in the path, the session in the envelope). */
const members = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'cachedContent',
  'serviceTier',
  'model',
  'sessionId',
];
const generationMembers = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
  'mediaResolution',
  'logprobs',
  'responseLogprobs',
];

const bodyShapes: Shapes = { generationConfig: object, toolConfig: object, serviceTier: text };
const configShapes: Shapes = {
  responseMimeType: text,
  responseSchema: object,
  responseJsonSchema: object,
  thinkingConfig: object,
};

/** `RequestCodec.decode`. A body that names a cache of Google's is refused, as nobody else has its content. */
export function decode(body: JsonObject, report: Report): ChatRequest {
  const letter = camel(body);
  if (isSaid(letter.cachedContent))
    throw badRequest(
      'cachedContent names a cache that lives at Google, and the model that was chosen is not served by Gemini. Send the content itself.',
      'cachedContent',
    );
  expectShape(letter, bodyShapes);
  const config = section(letter, 'generationConfig');
  expectShape(config, configShapes, 'generationConfig');
  reportRest(letter, members, '', report);
  reportRest(config, generationMembers, 'generationConfig', report);
  reportKnown(config, report);
  const turns = [
    ...decodeSystem(letter.systemInstruction, report),
    ...askedForOne(valuesOf(config)),
    ...decodeContents(letter.contents, report),
  ];
  const tools = decodeTools(letter.tools, report);
  return compact({
    turns: withDetail(turns, config.mediaResolution, report),
    begun: endsInWords(turns) || undefined,
    tools,
    toolChoice: decodeToolChoice(section(letter, 'toolConfig'), tools, report),
    sampling: decodeSampling(config),
    reasoning: decodeThinking(section(config, 'thinkingConfig'), report),
    output: decodeOutput(config, report),
    logprobs: decodeLogprobs(config, report),
    tier: decodeTier(letter.serviceTier, report),
  });
}

function reportKnown(config: JsonObject, report: Report): void {
  if ((count(config, 'candidateCount') ?? 1) > 1)
    report({
      what: 'n',
      where: 'generationConfig.candidateCount',
      why: 'A translated reply holds one candidate; only one was asked for.',
    });
}

/** The number says nothing without the wish. */
function decodeLogprobs(config: JsonObject, report: Report): number | undefined {
  const most = count(config, 'logprobs');
  const where = 'generationConfig.responseLogprobs';
  const refused = () => badRequest(`${where} must be true or false.`, where);
  if (saidAs(config.responseLogprobs, asBoolean, refused)) return most ?? 0;
  if (most)
    report({
      what: 'logprobs',
      where: 'generationConfig.logprobs',
      why: 'Log probabilities are told only where responseLogprobs asks for them.',
    });
  return undefined;
}

function decodeSampling(config: JsonObject): Sampling {
  const stop = decodeStops(config.stopSequences);
  return compact({
    maxTokens: count(config, 'maxOutputTokens'),
    temperature: count(config, 'temperature'),
    topP: count(config, 'topP'),
    topK: count(config, 'topK'),
    stop: stop.length > 0 ? stop : undefined,
    seed: count(config, 'seed'),
    presencePenalty: count(config, 'presencePenalty'),
    frequencyPenalty: count(config, 'frequencyPenalty'),
  });
}

function decodeStops(value: Json | undefined): readonly string[] {
  const stops = asStrings(listOf(value));
  if (stops) return stops.filter((text) => text !== '');
  throw badRequest('generationConfig.stopSequences must be strings.', 'generationConfig.stopSequences');
}

function count(config: JsonObject, key: string): number | undefined {
  return numberOf(config, key, 'generationConfig');
}

const modalities = new Set<string | undefined>(['TEXT', 'IMAGE', 'MODALITY_UNSPECIFIED']);

function decodeOutput(config: JsonObject, report: Report): Output | undefined {
  const wanted = listOf(config.responseModalities).map((word) => asString(word)?.toUpperCase());
  if (wanted.some((word) => !modalities.has(word)))
    report({
      what: 'modalities',
      where: 'generationConfig.responseModalities',
      why: 'Of replies only text and images are translated.',
    });
  if (wanted.includes('IMAGE')) return { type: 'image' };
  if (valuesOf(config)) {
    report({
      what: 'response_mime_type',
      where: 'generationConfig.responseMimeType',
      why: `Only Gemini binds an answer to one of some bare values (${enumType}); the system text asks for it.`,
    });
    return undefined;
  }
  const type = asString(config.responseMimeType);
  const schema = decodeOutputSchema(config);
  if (type !== undefined && type !== '' && type !== 'application/json' && type !== 'text/plain')
    report({
      what: 'response_mime_type',
      where: 'generationConfig.responseMimeType',
      why: `Only Gemini writes ${type}; its schema is asked for as JSON.`,
    });
  if (type !== 'application/json' && !schema) return undefined;
  return { type: 'json', ...(schema && { schema }) };
}

const enumType = 'text/x.enum';

/** The values of which the answer is to be one, bare and not as JSON; undefined where no such answer is asked for. */
function valuesOf(config: JsonObject): readonly string[] | undefined {
  const values = config.responseMimeType === enumType ? asStrings(decodeOutputSchema(config)?.enum) : undefined;
  return values?.length ? values : undefined;
}

function askedForOne(values: readonly string[] | undefined): Turn[] {
  if (!values) return [];
  const text = `Answer with exactly one of these values and nothing else, without quotation marks:\n${values.join('\n')}`;
  return [{ role: 'system', parts: [{ type: 'text', text }] }];
}

function decodeOutputSchema(config: JsonObject): JsonObject | undefined {
  const plain = asObject(config.responseJsonSchema);
  const own = asObject(config.responseSchema);
  return plain ?? (own && decodeSchema(own));
}

/** One resolution for all media is said on each of them. */
function withDetail(turns: readonly Turn[], resolution: Json | undefined, report: Report): readonly Turn[] {
  if (!isSaid(resolution) || resolution === 'MEDIA_RESOLUTION_UNSPECIFIED') return turns;
  const detail = detailOf(resolution);
  if (!detail) {
    report({
      what: 'image_detail',
      where: 'generationConfig.mediaResolution',
      why: 'Others know no such resolution; theirs is used.',
    });
    return turns;
  }
  const marked = (part: MediaPart): MediaPart => ({ ...part, detail: part.detail ?? detail });
  return turns.map((turn) => ({
    ...turn,
    parts: turn.parts.map((part) => (part.type === 'media' ? marked(part) : part)),
  }));
}

function decodeTier(value: Json | undefined, report: Report): Tier | undefined {
  const tier = asString(value)?.toLowerCase();
  if (tier === 'priority' || tier === 'flex') return tier;
  if (tier && tier !== 'standard' && tier !== 'unspecified')
    report({ what: 'service_tier', where: 'serviceTier', why: 'Others have no such tier; the standard one is used.' });
  return undefined;
}
