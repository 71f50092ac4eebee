// Streams: the ways in and out of the IR, and what is done to a stream that passes through untouched.

import type { StreamCodec } from '../dialect.ts';
import { closing, failureFrame } from '../openai-choices.ts';
import { StreamMeter } from '../openai-meter.ts';
import { relabel } from '../passing.ts';
import { decoder } from './stream-decode.ts';
import { encoder } from './stream-encode.ts';

export const stream: StreamCodec = {
  decoder,
  encoder,
  meter: () => new StreamMeter(),
  relabel: (frame, model) => relabel(frame, 'model', model),
  failure: (error) => [failureFrame(error)],
  endsItself: true,
  closing,
  keepAlive: ': keep-alive\n\n',
};
