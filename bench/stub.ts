// The upstream every contender has: answers chat completions from prepared bytes over bare sockets. Started by run.ts, which it
// tells its port.

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { chunkOf, type Message, messageReader } from './http-message.ts';
import { deltasOf, type Kind, kinds, pace } from './workloads.ts';

const whole = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_760_000_000,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'It adds up prices: tok.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 120, completion_tokens: 7, total_tokens: 127 },
});
const json = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`,
);

const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const delta = chunk({ index: 0, delta: { content: ' tok and' }, finish_reason: null });
const opening = streamHead + chunk({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null });
const finish = chunk({ index: 0, delta: {}, finish_reason: 'stop' });
const usage = chunk(undefined, { prompt_tokens: 120, completion_tokens: 200, total_tokens: 320 });
const done = `${chunkOf('data: [DONE]\n\n')}0\r\n\r\n`;

function chunk(choice: unknown, tokens?: unknown): string {
  const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench' };
  const frame = { ...head, choices: choice ? [choice] : [], ...(tokens ? { usage: tokens } : {}) };
  return chunkOf(`data: ${JSON.stringify(frame)}\n\n`);
}

const endings = [Buffer.from(finish + done), Buffer.from(finish + usage + done)];
const bursts = endings.map((ending) => Buffer.concat([Buffer.from(opening + delta.repeat(deltasOf.burst)), ending]));
const firsts = endings.map((ending) => Buffer.concat([Buffer.from(opening + delta.repeat(deltasOf.first)), ending]));
const openingBytes = Buffer.from(opening);
const deltaBytes = Buffer.from(delta);

interface Paced {
  readonly socket: Socket;
  readonly ending: Buffer;
  left: number;
}
const streams = new Set<Paced>();

// One timer for all paced streams: a delta for each of them.
setInterval(() => {
  for (const stream of streams) {
    if (stream.socket.destroyed) streams.delete(stream);
    else if (stream.left-- > 0) stream.socket.write(deltaBytes);
    else {
      stream.socket.write(stream.ending);
      streams.delete(stream);
    }
  }
}, pace);

function answer(socket: Socket, { body }: Message): void {
  const at = body.indexOf('"bench-') + 7;
  const name = body.toString('latin1', at, body.indexOf(0x22, at));
  const kind: Kind = kinds.find((known) => known === name) ?? 'json';
  const asked = kind !== 'json' && /"include_usage": *true/.test(body.toString('latin1')) ? 1 : 0;
  if (kind === 'json') socket.write(json);
  else if (kind === 'burst') socket.write(bursts[asked] ?? '');
  else if (kind === 'first') socket.write(firsts[asked] ?? '');
  else {
    socket.write(openingBytes);
    streams.add({ socket, ending: endings[asked] ?? openingBytes, left: deltasOf.paced });
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on(
    'data',
    messageReader((message) => answer(socket, message)),
  );
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
