import { describe, expect, it } from 'vitest';
import { attempted, finished } from '../../test/support/outcomes.ts';
import { GatewayError } from '../errors.ts';
import { createLog, type LogOptions } from './log.ts';
import type { Observation } from './observation.ts';
import { createRedaction } from './redaction.ts';

const start = Date.UTC(2026, 10, 22, 20, 13, 53, 7);
const written = (observations: readonly Observation[], options: Partial<LogOptions> = {}): readonly string[] => {
  const texts: string[] = [];
  const { hear } = createLog({ level: 'info', stream: { write: (lines) => texts.push(lines) }, ...options });
  hear(
    observations,
    observations.map((_, index) => start + index),
  );
  expect(texts.length).toBeLessThanOrEqual(1);
  return texts.flatMap((text) => text.split(/(?<=\n)/));
};
const outcome = finished({
  exchange: 'id-1',
  owner: 'fingerprint',
  dialect: 'openai-chat',
  operation: 'generate',
  stream: true,
  model: 'fast(high)',
  resolved: 'fast',
  provider: 'gemini',
  credential: 'gemini ...a1b2',
  upstreamModel: 'gemini-3-pro',
  upstreamDialect: 'gemini',
  attempts: 2,
  status: 200,
  usage: { input: 10, output: 4 },
  finish: 'stop',
  milliseconds: 812,
  firstContent: 230.4,
  endedBy: 'upstream',
  trace: {
    resolution: [],
    order: [],
    considered: [],
    unshown: 0,
    queued: 1,
    attempts: [
      attempted({ provider: 'gemini', credential: 'gemini ...a1b2', model: 'gemini-3-pro', edits: ['thinking: high'] }),
    ],
  },
});
const failed: Observation = {
  type: 'attempt-failed',
  exchange: 'id-1',
  provider: 'claude',
  credential: 'claude ...c3d4',
  model: 'claude-opus-5',
  error: new GatewayError('forbidden', 'Your key planted-secret-key may not do this.'),
  next: true,
};

describe('the log', () => {
  it('has one flat line per exchange', () => {
    const [line = '', ...others] = written([outcome]);
    expect(others).toEqual([]);
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: '2026-11-22T20:13:53.007Z',
      exchange: 'id-1',
      dialect: 'openai-chat',
      operation: 'generate',
      stream: true,
      model: 'fast(high)',
      resolved_model: 'fast',
      provider: 'gemini',
      credential: 'gemini ...a1b2',
      upstream_model: 'gemini-3-pro',
      upstream_dialect: 'gemini',
      attempts: 2,
      status_code: 200,
      input_tokens: 10,
      output_tokens: 4,
      finish: 'stop',
      ms: 812,
      first_content_ms: 230,
      ended_by: 'upstream',
      msg: 'exchange',
    });
  });

  it('begins lines with level and time and ends them with the message, and leaves out what is not known', () => {
    const unknown = { usage: undefined, finish: undefined, detail: 'of no error', firstContent: Number.NaN };
    const ended = { type: 'attempt-ended', provider: 'p', credential: 'c', model: 'm', end: 'answered' } as const;
    const lines = written([
      { ...outcome, kind: 'rate-limited', detail: 'say "no"\n\ud800' },
      { ...ended, status: 200, milliseconds: 3 },
      { ...outcome, ...unknown },
      { type: 'models-listed', provider: 'p', credential: 'c', models: 3 },
      { type: 'listening', host: '::1', port: 1 },
    ]);
    expect(lines).toEqual([
      '{"level":"warn","time":"2026-11-22T20:13:53.007Z","exchange":"id-1","dialect":"openai-chat","operation":"generate","stream":true,"model":"fast(high)","resolved_model":"fast","provider":"gemini","credential":"gemini ...a1b2","upstream_model":"gemini-3-pro","upstream_dialect":"gemini","attempts":2,"status_code":200,"kind":"rate-limited","detail":"say \\"no\\"\\n\\ud800","input_tokens":10,"output_tokens":4,"finish":"stop","ms":812,"first_content_ms":230,"ended_by":"upstream","msg":"exchange"}\n',
      '{"level":"info","time":"2026-11-22T20:13:53.009Z","exchange":"id-1","dialect":"openai-chat","operation":"generate","stream":true,"model":"fast(high)","resolved_model":"fast","provider":"gemini","credential":"gemini ...a1b2","upstream_model":"gemini-3-pro","upstream_dialect":"gemini","attempts":2,"status_code":200,"ms":812,"first_content_ms":null,"ended_by":"upstream","msg":"exchange"}\n',
      '{"level":"info","time":"2026-11-22T20:13:53.011Z","host":"::1","port":1,"msg":"listening"}\n',
    ]);
  });

  it('lets a failed attempt be found by its status, with its provider and without its secret (SEED-06)', () => {
    const redaction = createRedaction();
    redaction.learn(['planted-secret-key']);
    const [line = ''] = written([failed], { redact: redaction.of });
    expect(line).toMatch(/"level":"warn".*"provider":"claude".*"status_code":403/);
    expect(line).toContain('Your key [redacted] may not do this.');
  });

  it('shows edits when asked for more, from then on', () => {
    const loaded = {
      type: 'config-loaded',
      path: 'c.yaml',
      changes: ['debug: false -> true'],
      restart: [],
      notices: [],
    };
    const lines = written([outcome, { ...loaded, debug: true } as Observation, outcome]);
    expect(lines.filter((line) => line.includes('"edits":["thinking: high"]'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('the request was edited');
  });

  it('says what is wrong with a configuration, and where', () => {
    const problem = {
      level: 'problem',
      file: 'c.yaml',
      line: 3,
      column: 7,
      message: 'no such key',
      advice: 'Remove it.',
    };
    const [line = ''] = written([{ type: 'config-rejected', path: 'c.yaml', problems: [problem] } as Observation]);
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      notices: ['c.yaml:3:7: problem: no such key. Remove it.'],
    });
  });

  it('has lines of a bounded length, whatever changed at once', () => {
    const changes = Array.from({ length: 5000 }, (_, index) => `groq[${index}]: added`);
    const notices = changes.map((message) => ({ level: 'warning', message, advice: 'Look.' }));
    const loaded = { type: 'config-loaded', path: 'c.yaml', changes, restart: [], notices, debug: false };
    const [line = ''] = written([loaded as unknown as Observation]);
    expect(line.length).toBeLessThan(10_000);
    expect(JSON.parse(line).changes.at(-1)).toBe('and 4950 more');
    expect(JSON.parse(line).notices.at(-1)).toBe('and 4950 more');
  });

  it('is for people on a terminal: time, level, message, facts', () => {
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    const [first = '', second = ''] = written([failed, outcome], { pretty: true });
    expect(first.replaceAll(escapes, '')).toMatch(
      /^\d\d:\d\d:\d\d warn {2}Your key \S+ may not do this\. exchange=id-1 provider=claude credential="claude ...c3d4" /,
    );
    expect(second.replaceAll(escapes, '')).toMatch(/ info {2}exchange .*status_code=200 .*ended_by=upstream\n$/);
  });
});
