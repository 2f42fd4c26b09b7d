import { type Level, levelAt } from "./head";
import { columns, isPlain } from "./width";

/** Characters of a line that are shown as one piece; a longer line is several, one below the other. */
export const LONGEST = 2000;
/** Characters up to which small parts are put together: a log that is followed comes in crumbs. */
const SMALL = 256 * 1024;

interface Part {
  text: string;
  /** The number of its first piece. */
  first: number;
}

/**
 * A log of any length, kept as it came: a few long texts, and for each piece (a line, or part of a very long one) some
 * numbers. Pieces are counted from 0, lines from 1.
 */
export class LogText {
  private parts: Part[] = [];
  private starts = new Uint32Array(1024);
  private lines = new Uint32Array(1024);
  private widths = new Uint16Array(1024);
  private levels = new Uint8Array(1024);
  private heads = new Uint8Array(1024);
  /** Pieces. */
  count = 0;
  /** Lines. */
  lineCount = 0;
  /** UTF-16 units. */
  size = 0;
  /** Columns of the widest piece. */
  widest = 0;

  /** Whole lines, each with its end. */
  append(text: string): void {
    if (!text) return;
    let part = this.parts.at(-1);
    let from = 0;
    if (part && part.text.length < SMALL) {
      from = part.text.length;
      part.text += text;
    } else {
      part = { text, first: this.count };
      this.parts.push(part);
    }
    this.size += text.length;
    this.index(part.text, from, isPlain(text));
  }

  private index(text: string, from: number, narrow: boolean): void {
    let level = this.count > 0 ? (this.levels[this.count - 1] ?? 0) : 0;
    let start = from;
    while (start < text.length) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      const own = levelAt(text, start);
      if (own) level = own;
      this.lineCount += 1;
      let begin = start;
      do {
        const stop = end - begin > LONGEST ? whole(text, begin + LONGEST) : end;
        this.add(begin, level, own > 0 && begin === start, width(text, begin, stop, narrow));
        begin = stop;
      } while (begin < end);
      start = end + 1;
    }
  }

  private add(start: number, level: number, head: boolean, wide: number): void {
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = start;
    this.lines[this.count] = this.lineCount;
    this.widths[this.count] = wide;
    this.levels[this.count] = level;
    this.heads[this.count] = head ? 1 : 0;
    if (wide > this.widest) this.widest = wide;
    this.count += 1;
  }

  private grow(): void {
    this.starts = twice(this.starts, new Uint32Array(this.count * 2));
    this.lines = twice(this.lines, new Uint32Array(this.count * 2));
    this.widths = twice(this.widths, new Uint16Array(this.count * 2));
    this.levels = twice(this.levels, new Uint8Array(this.count * 2));
    this.heads = twice(this.heads, new Uint8Array(this.count * 2));
  }

  /** The text of a piece, without the end of its line. */
  piece(number: number): string {
    const part = this.partOf(number);
    if (!part) return "";
    const start = this.starts[number] ?? 0;
    const following = this.partOf(number + 1) === part ? (this.starts[number + 1] ?? 0) : part.text.length;
    let end = following;
    if (text(part, end - 1) === NEWLINE) end -= 1;
    if (end > start && text(part, end - 1) === RETURN) end -= 1;
    return part.text.slice(start, end);
  }

  line(number: number): number {
    return this.lines[number] ?? 0;
  }

  /** Whether a piece goes on with the line of the one before. */
  continues(number: number): boolean {
    return number > 0 && this.line(number) === this.line(number - 1);
  }

  level(number: number): Level {
    return (this.levels[number] ?? 0) as Level;
  }

  /** Whether it begins with a time, a level and a source. */
  hasHead(number: number): boolean {
    return this.heads[number] === 1;
  }

  /** Columns that it takes. */
  width(number: number): number {
    return this.widths[number] ?? 0;
  }

  /** The first piece of a line; -1 if it is not there yet. */
  pieceOf(line: number): number {
    if (line < 1 || line > this.lineCount) return -1;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.line(middle) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private partOf(number: number): Part | undefined {
    if (number >= this.count) return undefined;
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.parts[middle]?.first ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    return this.parts[low];
  }
}

const NEWLINE = 10;
const RETURN = 13;

function text(part: Part, place: number): number {
  return part.text.charCodeAt(place);
}

/** Where a piece may end, at `place` or just before: no character is cut in two. */
function whole(text: string, place: number): number {
  const code = text.charCodeAt(place);
  return code >= 0xdc00 && code <= 0xdfff ? place - 1 : place;
}

function width(text: string, begin: number, end: number, narrow: boolean): number {
  return Math.min(0xffff, narrow ? end - begin : columns(text, begin, end));
}

function twice<T extends Uint8Array | Uint16Array | Uint32Array>(before: T, after: T): T {
  after.set(before);
  return after;
}
