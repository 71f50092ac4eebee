// Where the lines of the log go: a file that may be full, a pipe that nobody reads or that is gone. What cannot be written is counted,
// and neither holds the gateway up nor ends it.

/** Takes lines without ever making their writer wait. */
export interface Output {
  /** One line, or several in one text. */
  write(text: string, lines?: number): void;
  /** Writes what is left, as far as it goes without waiting. False: something is left for later. */
  flush(): boolean;
}

/** Where lines end up, and how losses are told. */
export interface OutputOptions {
  /** Writes at once as much as it can, and says how many bytes that was. Throws the system's errors. */
  readonly write: (bytes: Uint8Array) => number;
  /** The line that says how many were lost before it. */
  readonly lossNote: (lines: number) => string;
  /** Characters kept while nobody reads; what comes beyond is lost. */
  readonly most?: number;
}

/** What is being written: all of it, and what is left. */
interface Chunk {
  readonly bytes: Buffer;
  readonly left: Buffer;
  /** Lines lost before it, as its first line says, and where that line ends; both 0 where there is none. */
  readonly lostBefore: number;
  readonly noteEnd: number;
}

const lineEnd = 10;

/**
 * A line in their place tells how many were lost, once something can be written again. After `EPIPE`, the reader being gone, nothing is.
 */
export function createOutput({ write, lossNote, most = 8 << 20 }: OutputOptions): Output {
  let texts: string[] = [];
  let held = 0;
  let lost = 0;
  let chunk: Chunk | undefined;
  /** The last write ended within a line. */
  let torn = false;
  let gone = false;

  const next = (): Chunk | undefined => {
    if (texts.length === 0 && lost === 0) return undefined;
    const note = lost > 0 ? `${torn ? '\n' : ''}${lossNote(lost)}` : '';
    const bytes = Buffer.from(note + texts.join(''));
    const taken = { bytes, left: bytes, lostBefore: lost, noteEnd: Buffer.byteLength(note) };
    texts = [];
    held = 0;
    lost = 0;
    return taken;
  };
  const fail = (error: unknown, failed: Chunk): void => {
    const code = (error as { code?: unknown }).code;
    // The reader of the pipe has much to do: the rest goes out with the next lines.
    if (code === 'EAGAIN') return;
    gone = code === 'EPIPE';
    chunk = undefined;
    const { bytes, left, lostBefore, noteEnd } = failed;
    const written = bytes.length - left.length;
    if (written > 0) torn = bytes[written - 1] !== lineEnd;
    lost += endsIn(left.subarray(Math.max(0, noteEnd - written))) + (written < noteEnd ? lostBefore : 0);
  };
  const flush = (): boolean => {
    while (!gone) {
      const current = chunk ?? next();
      if (!current) return true;
      chunk = current;
      try {
        const left = current.left.subarray(write(current.left));
        chunk = left.length > 0 ? { ...current, left } : undefined;
        torn &&= left.length > 0;
      } catch (error) {
        fail(error, current);
        return false;
      }
    }
    return true;
  };
  return {
    flush,
    write(text, lines = 1) {
      if (gone) return;
      if (held > most) {
        lost += lines;
        return;
      }
      texts.push(text);
      held += text.length;
      flush();
    },
  };
}

function endsIn(bytes: Uint8Array): number {
  return bytes.reduce((ends, byte) => (byte === lineEnd ? ends + 1 : ends), 0);
}
