// Which paths the simulator serves, and what each asks for in which dialect.

import { geminiPath } from './gemini-ask.ts';
import { percentDecoded } from './hearing.ts';
import type { Call, Tongue } from './speaker.ts';

/** `list` and `model` are questions about models; the others have a body. */
export type Operation = 'generate' | 'count' | 'embed' | 'list' | 'model';

/** What a path asks for. */
export interface Route {
  readonly tongue: Tongue;
  readonly operation: Operation;
  /** Where the path names it. */
  readonly model?: string;
}

const posts: Readonly<Record<string, Route>> = {
  '/v1/chat/completions': { tongue: 'openai-chat', operation: 'generate' },
  '/v1/embeddings': { tongue: 'openai-chat', operation: 'embed' },
  '/v1/responses': { tongue: 'openai-responses', operation: 'generate' },
  '/v1/responses/input_tokens': { tongue: 'openai-responses', operation: 'count' },
  '/v1/messages': { tongue: 'anthropic-messages', operation: 'generate' },
  '/v1/messages/count_tokens': { tongue: 'anthropic-messages', operation: 'count' },
};

const verbs: Readonly<Record<string, Operation>> = {
  generateContent: 'generate',
  streamGenerateContent: 'generate',
  countTokens: 'count',
  embedContent: 'embed',
  batchEmbedContents: 'embed',
};

/** `/v1beta/models/x:verb`, and the publisher paths of Vertex AI with and without a project. */
const generative =
  /^\/v1(?:alpha|beta|beta1)?\/(?:(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/)?models\/[^/]+:\w+$/;
const geminiModels = /^\/v1(?:alpha|beta|beta1)\/(?:publishers\/google\/)?models(?:\/([^/:]+))?$/;
const otherModels = /^\/v1\/models(?:\/([^/:]+))?$/;

/** What a request asks for; undefined where nothing answers. */
export function routeOf(call: Call): Route | undefined {
  const path = call.path.split('?')[0] ?? '';
  if (call.method === 'GET') return listing(path, call);
  if (call.method !== 'POST') return undefined;
  const { model, verb } = geminiPath(path);
  const operation = verbs[verb];
  if (generative.test(path) && operation !== undefined) return { tongue: 'gemini', operation, model };
  return posts[path];
}

function listing(path: string, call: Call): Route | undefined {
  const gemini = geminiModels.exec(path);
  if (gemini !== null) return listed('gemini', gemini[1]);
  const other = otherModels.exec(path);
  if (other === null) return undefined;
  return listed(listOwner(call), other[1]);
}

/** Three services list their models at `/v1/models`; their clients differ in headers. */
function listOwner(call: Call): Tongue {
  if (call.headers['anthropic-version'] !== undefined) return 'anthropic-messages';
  return call.headers['x-goog-api-key'] === undefined ? 'openai-chat' : 'gemini';
}

function listed(tongue: Tongue, model: string | undefined): Route {
  if (model === undefined) return { tongue, operation: 'list' };
  return { tongue, operation: 'model', model: percentDecoded(model) };
}
