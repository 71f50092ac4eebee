// The shapes of the legacy completions format that we write.

/** What the gateway calls this dialect. */
export const dialectId = 'openai-completions';
/** The maker of its home service. The format has no slot for a seal. */
export const nativeMaker = 'openai';

/** The finish reasons that are written; any word may be read. */
export type CompletionFinish = 'stop' | 'length' | 'content_filter';

/** The one choice of a reply. */
export type CompletionChoice = {
  readonly text: string;
  readonly index: 0;
  readonly logprobs: null;
  readonly finish_reason: CompletionFinish | null;
};
