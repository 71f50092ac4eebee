// The last measurements of something, as many as are kept, and what share of them lies below a number.

/** Measurements of one thing. */
export interface Samples {
  add(value: number): void;
  /** The value that this share (0 to 1) of the samples does not exceed; undefined where there are none. */
  quantile(share: number): number | undefined;
}

/** Of more than `most` the oldest are forgotten. */
export function createSamples(most = 1024): Samples {
  const values: number[] = [];
  let next = 0;
  return {
    add(value) {
      values[next] = value;
      next = (next + 1) % most;
    },
    quantile(share) {
      const sorted = values.toSorted((a, b) => a - b);
      return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    },
  };
}
