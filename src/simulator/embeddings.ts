// Embeddings: a vector of the words in a text, so that texts which share words are near each other. OpenAI's and Gemini's shapes.

import type { Json, JsonObject } from '../json.ts';
import { asNumber, asObject, asString, objects } from '../json.ts';
import { geminiPath, member } from './gemini-ask.ts';
import { textIn } from './hearing.ts';
import { refuse } from './speaker.ts';
import { pick, tokensOf } from './words.ts';

const usualSize = 256;

/** A unit vector. */
function embed(text: string, size: number): readonly number[] {
  const vector = new Array<number>(size).fill(0);
  for (const word of text.toLowerCase().split(/\s+/)) {
    const place = pick(size, 'place', word);
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => Math.fround(value / length));
}

/** `POST /v1/embeddings`. */
export function openaiEmbeddings(body: JsonObject): JsonObject {
  const model = asString(body.model);
  if (model === undefined) refuse('you must provide a model parameter', { param: 'model' });
  const { input } = body;
  if (input === undefined || input === null || input === '' || (Array.isArray(input) && input.length === 0))
    refuse(`'$.input' is invalid. Please check the API reference.`, { param: 'input' });
  const size = asNumber(body.dimensions) ?? usualSize;
  const texts = textsOf(input);
  const written = (vector: readonly number[]): Json =>
    body.encoding_format === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  return {
    object: 'list',
    data: texts.map((text, index) => ({ object: 'embedding', index, embedding: written(embed(text, size)) })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** A text, several, one as token numbers, or several as those. */
function textsOf(input: Json): readonly string[] {
  if (!Array.isArray(input)) return [textIn(input)];
  return asNumber(input[0]) === undefined ? input.map((text: Json) => textIn(text)) : [textIn(input)];
}

/** `:embedContent` and `:batchEmbedContents`. */
export function geminiEmbeddings(body: JsonObject, path: string): JsonObject {
  if (geminiPath(path).verb === 'embedContent') return { embedding: geminiEmbedding(body) };
  return { embeddings: objects(body.requests).map(geminiEmbedding) };
}

function geminiEmbedding(request: JsonObject): JsonObject {
  const content = asObject(request.content);
  if (content === undefined) refuse('* EmbedContentRequest.content: content is empty');
  const size = asNumber(member(request, 'outputDimensionality')) ?? usualSize;
  return {
    values: embed(
      objects(content.parts)
        .map((part) => textIn(part.text))
        .join('\n'),
      size,
    ),
  };
}
