import { describe, expect, it } from 'vitest';
import { contextFor, eventsOf } from '../../../test/support/fixtures.ts';
import { checkGrammar } from '../../../test/support/grammar.ts';
import { collect } from '../../ir/fold.ts';
import type { Part } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import { dialectOf } from '../index.ts';
import { gemini } from './index.ts';

const { reply, stream } = gemini;
const google = { maker: 'google' };

const chunks = (...given: JsonObject[]) => given.map((chunk) => ({ data: JSON.stringify(chunk) }));
const events = (given: { data: string }[]) => eventsOf(stream.decoder(google), given);

function candidate(parts: JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    responseId: 'r1',
    modelVersion: 'm',
  };
}

describe('code that Google ran', () => {
  const code = { executableCode: { language: 'PYTHON', code: 'p' } };
  const result = (outcome: string) => ({ codeExecutionResult: { outcome, output: 'ERR' } });

  it('is one part with its result, whole and streaming, and a failure is told as one', () => {
    const parts = [{ text: 'a' }, code, result('OUTCOME_FAILED'), { text: 'b' }];
    const whole = reply.decode(candidate(parts, { finishReason: 'STOP' }), google);
    const streamed = events(chunks(...parts.map((part) => candidate([part])), candidate([], { finishReason: 'STOP' })));
    expect(checkGrammar(streamed)).toEqual([]);
    expect(collect(streamed).parts).toEqual(whole.parts);
    expect(whole.parts).toEqual([
      { type: 'text', text: 'a' },
      {
        type: 'foreign',
        origin: 'gemini',
        value: [code, result('OUTCOME_FAILED')],
        meaning: { tool: 'code-execution', input: 'p', output: 'ERR', failed: true },
      },
      { type: 'text', text: 'b' },
    ]);
    const again = reply.encode(whole, contextFor(gemini)).candidates as { content: JsonObject }[];
    expect(again[0]?.content.parts).toEqual(parts);
  });

  it('is one part in a history too', () => {
    const parts = [{ text: 'a' }, code, result('OUTCOME_OK'), result('OUTCOME_OK'), code, { text: 'b' }];
    const contents = [{ role: 'model', parts }];
    const [turn] = gemini.request.decode({ contents }, () => undefined).turns;
    expect(turn?.parts.map((part) => (part.type === 'foreign' ? part.meaning : part.type))).toEqual([
      'text',
      { tool: 'code-execution', input: 'p', output: 'ERR' },
      { tool: 'code-execution', output: 'ERR' },
      { tool: 'code-execution', input: 'p' },
      'text',
    ]);
  });

  it('stands alone where its result never came', () => {
    const { parts } = collect(
      events(chunks(candidate([{ text: 'a' }, code]), candidate([code, { text: 'b' }], { finishReason: 'STOP' }))),
    );
    expect(parts.map((part) => (part.type === 'foreign' ? part.meaning : part.type))).toEqual([
      'text',
      { tool: 'code-execution', input: 'p' },
      { tool: 'code-execution', input: 'p' },
      'text',
    ]);
  });

  it('says how the code of others ended, and in which language it was', () => {
    const meaning = { tool: 'code-execution', input: 'ls', output: 'no', failed: true, language: 'bash' } as const;
    const part: Part = { type: 'foreign', origin: 'anthropic-messages', value: {}, meaning };
    const written = reply.encode(
      { id: 'r', model: 'm', parts: [part], finish: { reason: 'stop' } },
      contextFor(gemini),
    );
    expect(written.candidates).toMatchObject([
      {
        content: {
          parts: [
            { executableCode: { language: 'LANGUAGE_UNSPECIFIED', code: 'ls' } },
            { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } },
          ],
        },
      },
    ]);
  });

  it('is one run with a failure for the clients of others', () => {
    const whole = reply.decode(candidate([code, result('OUTCOME_FAILED')], { finishReason: 'STOP' }), google);
    const messages = dialectOf('anthropic-messages');
    expect(messages.reply.encode(whole, contextFor(messages)).content).toMatchObject([
      { type: 'server_tool_use', input: { code: 'p' } },
      { type: 'code_execution_tool_result', content: { stdout: '', stderr: 'ERR', return_code: 1 } },
    ]);
    const responses = dialectOf('openai-responses');
    expect(responses.reply.encode(whole, contextFor(responses)).output).toMatchObject([
      { type: 'code_interpreter_call', status: 'failed', code: 'p', outputs: [{ type: 'logs', logs: 'ERR' }] },
    ]);
  });

  it('says in its own words that the code of Anthropic failed', () => {
    const id = 'srvtoolu_1';
    const content = { type: 'bash_code_execution_result', stdout: 'x', stderr: 'no', return_code: 2, content: [] };
    const body = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [
        { type: 'server_tool_use', id, name: 'bash_code_execution', input: { command: 'ls' } },
        { type: 'bash_code_execution_tool_result', tool_use_id: id, content },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    const whole = dialectOf('anthropic-messages').reply.decode(body, { maker: 'anthropic' });
    expect(reply.encode(whole, contextFor(gemini)).candidates).toMatchObject([
      {
        content: {
          parts: [
            { executableCode: { language: 'LANGUAGE_UNSPECIFIED', code: 'ls' } },
            { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'x\nno' } },
          ],
        },
      },
    ]);
  });
});
