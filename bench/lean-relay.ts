// The least a relay can do on node:http and undici: the bare one with what the gateway does to be fast. Scans the request for its
// top-level model, splices a name in, and hands the reply on, joining what one socket read brought.
// Usage: node bench/lean-relay.ts <port> <upstream port>

import type { ServerResponse } from 'node:http';
import { serve, type Writer } from './relay.ts';

serve({ retargeted: (pieces, models) => spliced(joined(pieces), models), writer });

function writer(response: ServerResponse, full: () => void): Writer {
  let pending: Buffer[] = [];
  const take = (): Buffer => {
    const taken = joined(pending);
    pending = [];
    return taken;
  };
  const flush = (): void => {
    if (pending.length > 0 && !response.write(take())) full();
  };
  return {
    piece(chunk) {
      pending.push(chunk);
      if (pending.length === 1) process.nextTick(flush);
    },
    end() {
      if (pending.length > 0) response.end(take());
      else response.end();
    },
  };
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

function spliced(body: Buffer, models: ReadonlyMap<string, string>): Buffer {
  const [start, end] = modelOf(body);
  if (start === 0) return body;
  const model = body.toString('utf8', start + 1, end - 1);
  const named = Buffer.from(JSON.stringify(models.get(model) ?? model));
  return Buffer.concat([body.subarray(0, start), named, body.subarray(end)]);
}

/** Where the value of the top-level `model` stands, a string; zeros where there is none. */
function modelOf(body: Buffer): [start: number, end: number] {
  let depth = 0;
  let model: [number, number] = [0, 0];
  for (let at = 0; at < body.length; ) {
    const byte = body[at];
    if (byte !== 0x22) {
      depth += depthChange(byte);
      at++;
      continue;
    }
    const end = stringEnd(body, at);
    const value = depth === 1 && isModel(body, at, end) ? skipTo(body, end, 0x22) : 0;
    if (value > 0) model = [value, stringEnd(body, value)];
    at = value > 0 ? model[1] : end;
  }
  return model;
}

function depthChange(byte: number | undefined): number {
  if (byte === 0x7b || byte === 0x5b) return 1;
  return byte === 0x7d || byte === 0x5d ? -1 : 0;
}

function isModel(body: Buffer, start: number, end: number): boolean {
  return end - start === 7 && body.toString('latin1', start, end) === '"model"';
}

/** The position of the byte behind a colon and white space; 0 where something else is there. */
function skipTo(body: Buffer, from: number, wanted: number): number {
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (byte === wanted) return at;
    if (byte !== 0x3a && byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return 0;
  }
  return 0;
}

function stringEnd(body: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const end = body.indexOf(0x22, at);
    if (end < 0) return body.length;
    let slashes = 0;
    while (body[end - 1 - slashes] === 0x5c) slashes++;
    if (slashes % 2 === 0) return end + 1;
    at = end + 1;
  }
}
