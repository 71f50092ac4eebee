// The shapes of the legacy completions format that we write.

export const dialectId = 'openai-completions';
export const nativeMaker = 'openai';

export type CompletionFinish = 'stop' | 'length' | 'content_filter';

export type CompletionChoice = {
  readonly text: string;
  readonly index: 0;
  readonly logprobs: null;
  readonly finish_reason: CompletionFinish | null;
};
