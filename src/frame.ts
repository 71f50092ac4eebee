// One unit of a reply as it came: an SSE message, or a whole JSON body.

/** What decoders read of a reply at a time. */
export interface Frame {
  /** The SSE `event:` name, where there is one. */
  readonly event?: string;
  /** The `data:` of the message (lines joined by LF), or the text of a whole body. */
  readonly data: string;
}
