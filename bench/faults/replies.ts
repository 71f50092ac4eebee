// The bytes of the upstream's replies, in both dialects, made once. Deltas are numbered, so that a client sees what is missing or
// was said twice.

import { chunkOf } from '../http-message.ts';
import { deltas, type Fault, toldSeconds } from './fates.ts';

export interface StreamBytes {
  readonly opening: Buffer;
  readonly deltas: readonly Buffer[];
  readonly ending: Buffer;
  /** The rest of a stream that reports overload. */
  readonly overload: Buffer;
  readonly refusals: ReadonlyMap<Fault, Buffer>;
}

const last = '0\r\n\r\n';
const keepAlive = 'keep-alive: timeout=4\r\n';

/** `close`: each call takes a connection of its own. */
function streamHead(close: boolean): string {
  const connection = close ? 'connection: close\r\n' : keepAlive;
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n${connection}\r\n`;
}

function refusal(status: number, body: unknown, close: boolean, more = ''): Buffer {
  const text = JSON.stringify(body);
  const connection = close ? 'connection: close\r\n' : keepAlive;
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\n${connection}${more}`;
  return Buffer.from(`${head}content-length: ${text.length}\r\n\r\n${text}`);
}

function refusals(body: (type: string, message: string) => unknown, close: boolean): ReadonlyMap<Fault, Buffer> {
  const limit = body('rate_limit_error', 'Too many requests at this moment.');
  return new Map<Fault, Buffer>([
    ['limit-told', refusal(429, limit, close, `retry-after: ${toldSeconds}\r\n`)],
    ['limit', refusal(429, limit, close)],
    ['error-500', refusal(500, body('api_error', 'Something went wrong.'), close)],
    ['error-503', refusal(503, body('api_error', 'The service is not available.'), close)],
  ]);
}

const numbers = Array.from({ length: deltas }, (_, index) => index);

export function chatBytes(close: boolean): StreamBytes {
  const frame = (data: object | string): string =>
    chunkOf(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench' };
  const choice = (delta: object, finish: string | null = null): string =>
    frame({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] });
  const usage = frame({
    ...head,
    choices: [],
    usage: { prompt_tokens: 120, completion_tokens: deltas, total_tokens: 120 + deltas },
  });
  const error = (type: string, message: string) => ({ error: { message, type, code: null } });
  return {
    opening: Buffer.from(streamHead(close) + choice({ role: 'assistant', content: '' })),
    deltas: numbers.map((number) => Buffer.from(choice({ content: ` tok${number} and` }))),
    ending: Buffer.from(choice({}, 'stop') + usage + frame('[DONE]') + last),
    overload: Buffer.from(frame(error('overloaded_error', 'The engine is overloaded.')) + last),
    refusals: refusals(error, close),
  };
}

export function messagesBytes(): StreamBytes {
  const frame = (data: { readonly type: string }): string =>
    chunkOf(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
  const message = {
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: 'bench',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 120, output_tokens: 1 },
  };
  const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  const start = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  const stop = { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null } };
  const error = (type: string, said: string) => ({ type: 'error', error: { type, message: said } });
  return {
    opening: Buffer.from(
      streamHead(false) + frame({ type: 'message_start', message } as { type: string }) + frame(start),
    ),
    deltas: numbers.map((number) => Buffer.from(frame(delta(` tok${number} and`)))),
    ending: Buffer.from(
      frame({ type: 'content_block_stop', index: 0 } as { type: string }) +
        frame({ ...stop, usage: { output_tokens: deltas } } as { type: string }) +
        frame({ type: 'message_stop' }) +
        last,
    ),
    overload: Buffer.from(frame(error('overloaded_error', 'Overloaded')) + last),
    refusals: refusals(error, false),
  };
}
