// Errors: the body that OpenAI's formats share.

import type { ErrorCodec } from '../dialect.ts';
import { decodeOpenAiError, encodeOpenAiError } from '../openai-error.ts';

/** `{error: {message, type, param, code}}`, as in all of OpenAI's formats. */
export const error: ErrorCodec = { decode: decodeOpenAiError, encode: encodeOpenAiError };
