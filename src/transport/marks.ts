// Finds the first of several marks in bytes without making text of them: looks at every fourth place for a block of four bytes
// that ends one of the marks, which costs half of what a regular expression over the same bytes does.

interface Block {
  readonly mark: Uint8Array;
  /** The block's place in the mark. */
  readonly at: number;
  /** The mark's last byte, and how far its end is behind the beginning of the block. */
  readonly last: number;
  readonly ahead: number;
}

/** The blocks by the slot that their bytes hash to. */
interface Blocks {
  /** 1 where there is a block: what nearly every step looks at stays small. */
  readonly taken: Uint8Array;
  readonly bySlot: readonly (readonly Block[])[];
}

const slotBits = 12;

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - slotBits);
}

/** Every place of a mark that is at least this long has a whole aligned block within it. */
const shortest = 7;
const none: Block[] = [];
const noBytes = Buffer.alloc(0);
const noWords = new Int32Array();
const known = new WeakMap<readonly string[], Blocks>();

/** Of each mark the four last blocks: marks begin like what is harmless (`"finish_reason":null`), and differ in their ends. */
function blocksOf(marks: readonly string[]): Blocks {
  const told = known.get(marks);
  if (told) return told;
  const bySlot = Array.from({ length: 1 << slotBits }, (): Block[] => none);
  for (const text of marks) {
    if (text.length < shortest) throw new RangeError(`The mark ${text} is shorter than ${shortest} bytes.`);
    const mark = Uint8Array.from(Buffer.from(text, 'latin1'));
    for (let at = mark.length - 4; at > mark.length - 8; at--) {
      const slot = slotOf(new Int32Array(mark.slice(at, at + 4).buffer)[0] ?? 0);
      bySlot[slot] = [...(bySlot[slot] ?? none), { mark, at, last: mark.at(-1) ?? 0, ahead: mark.length - at }];
    }
  }
  const taken = new Uint8Array(1 << slotBits);
  bySlot.forEach((blocks, slot) => {
    if (blocks.length > 0) taken[slot] = 1;
  });
  const blocks = { taken, bySlot };
  known.set(marks, blocks);
  return blocks;
}

/** Marks are ASCII, of at least seven bytes. What is learned of a set of them is kept as long as the array itself. */
export class MarkFinder {
  readonly #blocks: Blocks;
  #bytes: Buffer = noBytes;
  /** The bytes from the first aligned one. */
  #words: Int32Array = noWords;
  #skipped = 0;
  #found = -1;

  constructor(marks: readonly string[]) {
    this.#blocks = blocksOf(marks);
  }

  /** Looks into these bytes from now on. */
  over(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#found = -1;
    this.#skipped = -bytes.byteOffset & 3;
    const size = Math.max(0, bytes.length - this.#skipped) >> 2;
    this.#words = size === 0 ? noWords : new Int32Array(bytes.buffer, bytes.byteOffset + this.#skipped, size);
  }

  /** Where the first mark ends that begins here or later; infinity where none does. Asked for rising positions; no byte is searched twice. */
  next(from: number): number {
    if (this.#found <= from) this.#found = this.#search(from);
    return this.#found;
  }

  #search(from: number): number {
    const { taken } = this.#blocks;
    const words = this.#words;
    const size = words.length;
    let index = Math.max(0, from - this.#skipped + 3) >> 2;
    while (index < size) {
      // Two at a time as long as neither is one: half of the jumps.
      while (index + 1 < size && isNone(taken, words[index] ?? 0, words[index + 1] ?? 0)) index += 2;
      const slot = slotOf(words[index] ?? 0);
      const end = taken[slot] === 0 ? 0 : this.#endOfMark(slot, index * 4 + this.#skipped);
      if (end > 0) return end;
      index += 1;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The end of a mark whose block is here; 0 where it is the block of none. */
  #endOfMark(slot: number, at: number): number {
    const bytes = this.#bytes;
    const blocks = this.#blocks.bySlot[slot] ?? none;
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index];
      // Nearly every frame has a block of a mark that it does not have: `"finish_reason":null`.
      if (!block || bytes[at + block.ahead - 1] !== block.last) continue;
      if (isAt(bytes, at - block.at, block.mark)) return at + block.ahead;
    }
    return 0;
  }
}

function isNone(taken: Uint8Array, one: number, other: number): boolean {
  return ((taken[slotOf(one)] ?? 0) | (taken[slotOf(other)] ?? 0)) === 0;
}

/** From the end, where marks differ from what is like them. */
function isAt(bytes: Buffer, start: number, mark: Uint8Array): boolean {
  for (let at = mark.length - 1; at >= 0; at--) if (bytes[start + at] !== mark[at]) return false;
  return true;
}
