// Streams: the ways in and out of the IR, beside what is done to one that passes through untouched.

import type { StreamCodec } from '../dialect.ts';
import { passingStream } from '../openai-meter.ts';
import { decoder } from './stream-decode.ts';
import { encoder } from './stream-encode.ts';

/** `chat.completion.chunk` objects without names, and `[DONE]` behind them. */
export const stream: StreamCodec = { decoder, encoder, ...passingStream };
