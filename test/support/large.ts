// Bodies as large as agents send them: a long history of tool calls, and a request full of images; said in each client dialect.

import type { UpstreamName } from './upstreams.ts';

interface Round {
  readonly question: string;
  readonly calls: readonly { readonly id: string; readonly path: string; readonly content: string }[];
  readonly answer: string;
}

const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } as const;
const description = 'Reads a file.';
const last = 'Now sum it up.\n#sim say done';

/** Text that does not compress to a pattern and holds characters of one to four bytes. */
function prose(seed: number, length: number): string {
  const words = [
    'reading',
    'größer',
    'the file',
    '漢字',
    'a "quote"',
    'back\\slash',
    '🙂',
    'tab\t',
    'line\n',
    'const x = 1;',
  ];
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += `${words[(state >>> 16) % words.length]} ${state.toString(36)} `;
  }
  return text;
}

/** So many rounds of a question, two files read at once, and an answer. */
export function longHistory(rounds: number): readonly Round[] {
  return Array.from({ length: rounds }, (_, index) => ({
    question: `Question ${index}: ${prose(index, 100)}`,
    calls: [0, 1].map((twin) => ({
      id: `call_${index}_${twin}`,
      path: `src/${index}/${twin}.ts`,
      content: prose(index * 2 + twin, 2800),
    })),
    answer: `Answer ${index}: ${prose(index, 200)}`,
  }));
}

/** Images of so many bytes, in base64. They are none that anybody could look at. */
export function images(count: number, bytes: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const image = Buffer.alloc(bytes);
    for (let at = 0, state = index + 1; at + 4 <= bytes; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      image.writeUInt32LE(state, at);
    }
    return image.toString('base64');
  });
}

export interface Ask {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}
type Say = (model: string, rounds: readonly Round[], pictures: readonly string[]) => Ask;

/** The conversation, and at its end the pictures and a request to answer "done". */
export const saidBy: Readonly<Record<UpstreamName, Say>> = {
  'openai-chat': (model, rounds, pictures) => ({
    path: '/v1/chat/completions',
    body: {
      model,
      tools: [{ type: 'function', function: { name: 'read_file', description, parameters: schema } }],
      messages: [
        ...rounds.flatMap(({ question, calls, answer }) => [
          { role: 'user', content: question },
          {
            role: 'assistant',
            content: null,
            tool_calls: calls.map(({ id, path }) => ({
              id,
              type: 'function',
              function: { name: 'read_file', arguments: JSON.stringify({ path }) },
            })),
          },
          ...calls.map(({ id, content }) => ({ role: 'tool', tool_call_id: id, content })),
          { role: 'assistant', content: answer },
        ]),
        {
          role: 'user',
          content: [
            ...pictures.map((data) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } })),
            { type: 'text', text: last },
          ],
        },
      ],
    },
  }),
  'openai-responses': (model, rounds, pictures) => ({
    path: '/v1/responses',
    body: {
      model,
      store: false,
      tools: [{ type: 'function', name: 'read_file', description, parameters: schema, strict: false }],
      input: [
        ...rounds.flatMap(({ question, calls, answer }) => [
          { role: 'user', content: question },
          ...calls.map(({ id, path }) => ({
            type: 'function_call',
            call_id: id,
            name: 'read_file',
            arguments: JSON.stringify({ path }),
          })),
          ...calls.map(({ id, content }) => ({ type: 'function_call_output', call_id: id, output: content })),
          { role: 'assistant', content: answer },
        ]),
        {
          role: 'user',
          content: [
            ...pictures.map((data) => ({ type: 'input_image', image_url: `data:image/png;base64,${data}` })),
            { type: 'input_text', text: last },
          ],
        },
      ],
    },
  }),
  'anthropic-messages': (model, rounds, pictures) => ({
    path: '/v1/messages',
    body: {
      model,
      max_tokens: 1000,
      tools: [{ name: 'read_file', description, input_schema: schema }],
      messages: [
        ...rounds.flatMap(({ question, calls, answer }) => [
          { role: 'user', content: question },
          {
            role: 'assistant',
            content: calls.map(({ id, path }) => ({ type: 'tool_use', id, name: 'read_file', input: { path } })),
          },
          {
            role: 'user',
            content: calls.map(({ id, content }) => ({ type: 'tool_result', tool_use_id: id, content })),
          },
          { role: 'assistant', content: answer },
        ]),
        {
          role: 'user',
          content: [
            ...pictures.map((data) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })),
            { type: 'text', text: last },
          ],
        },
      ],
    },
  }),
  gemini: (model, rounds, pictures) => ({
    path: `/v1beta/models/${model}:generateContent`,
    body: {
      tools: [{ functionDeclarations: [{ name: 'read_file', description, parameters: schema }] }],
      contents: [
        ...rounds.flatMap(({ question, calls, answer }) => [
          { role: 'user', parts: [{ text: question }] },
          {
            role: 'model',
            parts: calls.map(({ id, path }, index) => ({
              functionCall: { id, name: 'read_file', args: { path } },
              // A service that lost its own puts this word on the first call of a step.
              ...(index === 0 && { thoughtSignature: 'skip_thought_signature_validator' }),
            })),
          },
          {
            role: 'user',
            parts: calls.map(({ id, content }) => ({
              functionResponse: { id, name: 'read_file', response: { output: content } },
            })),
          },
          { role: 'model', parts: [{ text: answer }] },
        ]),
        {
          role: 'user',
          parts: [...pictures.map((data) => ({ inlineData: { mimeType: 'image/png', data } })), { text: last }],
        },
      ],
    },
  }),
};
