// Sampling values that change nothing, which some clients always send: to leave them out is no loss.

const neutral: Readonly<Record<string, number>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
};

/** Whether a reply would be another without this setting of a request. */
export function matters(what: string, value: unknown): boolean {
  return value !== undefined && value !== neutral[what];
}
