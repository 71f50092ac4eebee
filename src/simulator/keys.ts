// Who calls: the key, wherever the vendors' clients put it, and which keys are turned away.

import { type Call, Refusal, type Tongue } from './speaker.ts';

/** The key of a call: bearer, `x-api-key`, `x-goog-api-key` or `?key=`. */
export function keyOf(call: Call): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
  const inQuery = new URLSearchParams(call.path.split('?')[1] ?? '').get('key') ?? undefined;
  const key = bearer ?? call.headers['x-api-key'] ?? call.headers['x-goog-api-key'] ?? inQuery;
  return key === '' ? undefined : key;
}

/** Any key will do, but for none and for those that begin with `bad`. */
export function checkKey(tongue: Tongue, key: string | undefined): void {
  if (key === undefined) throw new Refusal({ status: 401, message: missing[tongue] });
  if (key.startsWith('bad')) throw new Refusal({ status: 401, message: wrong(tongue, key), ...codeOf(tongue) });
}

const missing: Readonly<Record<Tongue, string>> = {
  'openai-chat': "You didn't provide an API key.",
  'openai-responses': 'Missing bearer or basic authentication in header',
  'anthropic-messages': 'x-api-key header is required',
  gemini: "Method doesn't allow unregistered callers (callers without established identity).",
};

function wrong(tongue: Tongue, key: string): string {
  if (tongue === 'anthropic-messages') return 'invalid x-api-key';
  if (tongue === 'gemini') return 'API key not valid. Please pass a valid API key.';
  return `Incorrect API key provided: ${key.slice(0, 3)}***.`;
}

const codeOf = (tongue: Tongue): { readonly code?: string } =>
  tongue === 'anthropic-messages' || tongue === 'gemini' ? {} : { code: 'invalid_api_key' };
