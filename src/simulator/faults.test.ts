import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from './clock.ts';
import type { Step } from './faults.ts';
import { type Simulator, startSimulator } from './server.ts';
import { type Simulation, simulation } from './simulation.ts';
import type { Call } from './speaker.ts';

const chatCall = (prompt: string, stream = true): Call => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { authorization: 'Bearer k' },
  body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: prompt }] }),
});

function stepsFor(
  prompt: string,
  stream = true,
  service: Simulation = simulation({ clock: manualClock() }),
): readonly Step[] {
  return [...service.respond(chatCall(prompt, stream)).steps];
}
const bytesOf = (steps: readonly Step[]): Buffer =>
  Buffer.concat(steps.flatMap((step) => (step.do === 'write' ? [step.bytes] : [])));
const textOf = (steps: readonly Step[]): string => bytesOf(steps).toString();
const waits = (steps: readonly Step[]): readonly number[] =>
  steps.flatMap((step) => (step.do === 'wait' ? [step.ms] : []));

describe('faults, as steps', () => {
  const good = stepsFor('#sim say "αβ γδ 🚀"');

  it('change nothing but what they name', () => {
    expect(good.map((step) => step.do)).toEqual(['head', ...good.slice(1, -1).map(() => 'write'), 'end']);
    for (const fault of ['slow 5', 'slow-body 5', 'stall after=1 for=9', 'pace 3', 'drip 1', 'drip 3 every=2'])
      expect(textOf(stepsFor(`#sim say "αβ γδ 🚀"; ${fault}`)).replaceAll(/chatcmpl-\w+/g, '')).toBe(
        textOf(good).replaceAll(/chatcmpl-\w+/g, ''),
      );
  });

  it('cut after exactly n bytes, broken or clean', () => {
    const cut = stepsFor('#sim say "αβ γδ 🚀"; cut 120');
    expect(bytesOf(cut).length).toBe(120);
    expect(cut.at(-1)).toEqual({ do: 'reset' });
    expect(stepsFor('#sim say "αβ γδ 🚀"; cut 120 clean').at(-1)).toEqual({ do: 'end' });
    expect(stepsFor('#sim say hi; cut 0').map((step) => step.do)).toEqual(['head', 'reset']);
    expect(stepsFor('#sim say hi; cut 1000000').at(-1)).toEqual({ do: 'end' });
  });

  it('drip within characters', () => {
    const drops = stepsFor('#sim say "🚀"; drip 1').flatMap((step) => (step.do === 'write' ? [step.bytes.length] : []));
    expect(new Set(drops)).toEqual(new Set([1]));
  });

  it('leave out the last word, or break one event and go on', () => {
    const unfinished = textOf(stepsFor('#sim say a b; no-terminal'));
    expect(unfinished).toContain('"content":"b"');
    expect(unfinished).not.toMatch(/\[DONE\]|"finish_reason":"/);
    const events = textOf(stepsFor('#sim say a b c; malformed after=1'))
      .split('\n\n')
      .filter((event) => event !== '');
    const bad = events.flatMap((event, index) => {
      try {
        JSON.parse(event.slice(6));
        return [];
      } catch {
        return [index];
      }
    });
    // The role comes first, then a, then the broken b; the last is [DONE].
    expect(bad).toEqual([2, events.length - 1]);
    expect(() => JSON.parse(textOf(stepsFor('#sim say a; malformed', false)))).toThrow(SyntaxError);
  });

  it('wait where they say, with signs of life in between', () => {
    expect(waits(stepsFor('#sim say a b; slow 500; slow-body 20; pace 1').slice(0, 3))).toEqual([500, 20]);
    const kept = stepsFor('#sim say a b c; stall after=2 for=2500; keep-alive 1000');
    expect(waits(kept)).toEqual([1000, 1000, 500]);
    expect(textOf(kept).match(/: keep-alive\n\n/g)).toHaveLength(2);
    expect(waits(stepsFor('#sim say a; stall for=7', false))).toEqual([7]);
    expect(stepsFor('#sim hang')[0]).toEqual({ do: 'wait', ms: Number.POSITIVE_INFINITY });
  });

  it('answer with a status, a page or nothing', () => {
    const heads = (prompt: string) => stepsFor(prompt).flatMap((step) => (step.do === 'head' ? [step] : []))[0];
    expect(heads('#sim status 418 message="no tea"; header x-a=b x-c="d e"')).toMatchObject({
      status: 418,
      headers: { 'x-a': 'b', 'x-c': 'd e' },
    });
    expect(textOf(stepsFor('#sim html 502'))).toMatch(/^<!DOCTYPE html>/);
    expect(heads('#sim html 502')?.status).toBe(502);
    expect(bytesOf(stepsFor('#sim empty')).length).toBe(0);
    expect(heads('#sim empty')?.status).toBe(200);
    expect(bytesOf(stepsFor('#sim huge 50000')).length).toBeGreaterThan(50_000);
    expect(textOf(stepsFor('#sim huge 50000')).split('\n\n').length).toBeLessThan(6);
    expect(heads('#sim overload')?.status).toBe(200);
    expect(stepsFor('#sim overload', false)[0]).toMatchObject({ status: 503 });
  });
});

describe('faults, as the vendors’ clients meet them', () => {
  let clock: ManualClock;
  let simulator: Simulator;
  beforeEach(async () => {
    clock = manualClock();
    simulator = await startSimulator({ clock });
  });
  afterEach(() => simulator.close());

  const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1`, maxRetries: 0, logLevel: 'off' });
  const chat = (content: string) => ({ model: 'm', messages: [{ role: 'user' as const, content }] });
  const anthropic = () => new Anthropic({ apiKey: 'k', baseURL: simulator.url, maxRetries: 0 });
  const message = (content: string) => ({
    model: 'm',
    max_tokens: 999,
    messages: [{ role: 'user' as const, content }],
  });

  it('a cut stream fails, and so does one without its last word', async () => {
    const failure = (prompt: string) => anthropic().messages.stream(message(prompt)).finalMessage();
    await expect(failure('#sim text 50; cut 900')).rejects.toThrow();
    await expect(failure('#sim text 5; no-terminal')).rejects.toThrow(/message_stop|without producing|ended/i);
    const gemini = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: simulator.url } });
    const stream = await gemini.models.generateContentStream({
      model: 'm',
      contents: '#sim text 9; tool f {}; no-terminal',
    });
    const chunks = await Array.fromAsync(stream);
    expect(chunks.at(-1)?.functionCalls).toHaveLength(1);
    expect(chunks.some((chunk) => chunk.candidates?.[0]?.finishReason !== undefined)).toBe(false);
  });

  it('an error in the stream, a broken event and a page are errors', async () => {
    const all = async (prompt: string) => {
      const stream = await openai().chat.completions.create({ ...chat(prompt), stream: true });
      return Array.fromAsync(stream);
    };
    await expect(all('#sim text 9; overload after=3')).rejects.toMatchObject({ code: 'server_is_overloaded' });
    await expect(all('#sim text 9; malformed after=2')).rejects.toThrow(SyntaxError);
    await expect(all('#sim html 502')).rejects.toMatchObject({ status: 502 });
    expect(await all('#sim empty')).toEqual([]);
  });

  it('drips arrive whole, huge events too', async () => {
    const read = async (prompt: string) =>
      (await openai().chat.completions.stream(chat(prompt)).finalChatCompletion()).choices[0]?.message.content;
    expect(await read('#sim text 30 unicode; drip 1')).toBe(await read('#sim text 30 unicode'));
    expect(await read('#sim huge 300000')).toHaveLength(300_000);
  });

  it('a stalled stream goes on when its time is up', async () => {
    const stream = await openai().chat.completions.create({
      ...chat('#sim say a b c; stall after=2 for=60000'),
      stream: true,
    });
    const texts: (string | null | undefined)[] = [];
    const reading = (async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content);
    })();
    await clock.waiting();
    clock.advance(60_000);
    await reading;
    expect(texts.join('')).toBe('a b c');
  });

  it('stops generating when the client leaves, and says so', async () => {
    for (const prompt of ['#sim hang', '#sim text 9; stall after=1']) {
      const abort = new AbortController();
      const request = openai().chat.completions.create({ ...chat(prompt), stream: true }, { signal: abort.signal });
      const outcome = request.then((stream) => Array.fromAsync(stream)).catch((error: Error) => error);
      await clock.waiting();
      clock.advance(5);
      abort.abort();
      await outcome;
      await simulator.idle();
      const record = simulator.recorded().at(-1);
      expect(record?.left).toBe(clock.now());
      expect(record?.done).toBeUndefined();
    }
    expect(simulator.recorded()[0]).not.toHaveProperty('status');
    expect(simulator.recorded()[1]).toMatchObject({ status: 200 });
    expect(simulator.recorded()[1]?.sent).toBeGreaterThan(0);
  });
});
