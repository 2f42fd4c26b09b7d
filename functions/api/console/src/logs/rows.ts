import { TIME } from "./head";
import type { LogText } from "./text";

export interface Shape {
  /** Pieces less severe than this are left out; 0 shows all. */
  level: number;
  /** Columns after which a line goes on below; 0 never. */
  columns: number;
  times: boolean;
}

/** Which pieces are shown, and at which row each begins: all rows are of one height. */
export class Rows {
  /** Rows in all. */
  readonly count: number;
  /** Pieces that are shown. */
  readonly length: number;
  private readonly pieces: Uint32Array | null;
  private readonly before: Uint32Array | null;

  constructor(
    private readonly text: LogText,
    private readonly shape: Shape,
  ) {
    this.pieces = shape.level ? this.severe() : null;
    this.length = this.pieces?.length ?? text.count;
    this.before = shape.columns ? this.sums(shape.columns) : null;
    this.count = this.before ? (this.before[this.length] ?? 0) : this.length;
  }

  /** The piece that is shown at a place in the list. */
  piece(place: number): number {
    return this.pieces ? (this.pieces[place] ?? 0) : place;
  }

  /** The place of a piece, or of the next that is shown. */
  placeOf(piece: number): number {
    return this.pieces ? lowest(this.length, (place) => this.piece(place) >= piece) : Math.min(piece, this.length);
  }

  /** The row at which a place begins. */
  row(place: number): number {
    return this.before ? (this.before[place] ?? this.count) : place;
  }

  /** The place that a row belongs to. */
  placeAt(row: number): number {
    if (!this.before) return Math.max(0, Math.min(Math.floor(row), this.length - 1));
    return Math.max(0, lowest(this.length, (place) => this.row(place) > row) - 1);
  }

  private severe(): Uint32Array {
    const found = new Uint32Array(this.text.count);
    let count = 0;
    for (let piece = 0; piece < this.text.count; piece += 1) {
      if (this.text.level(piece) >= this.shape.level) found[count++] = piece;
    }
    return found.slice(0, count);
  }

  private sums(columns: number): Uint32Array {
    const before = new Uint32Array(this.length + 1);
    let sum = 0;
    for (let place = 0; place < this.length; place += 1) {
      before[place] = sum;
      const piece = this.piece(place);
      const hidden = !this.shape.times && this.text.hasHead(piece) ? TIME : 0;
      sum += Math.max(1, Math.ceil((this.text.width(piece) - hidden) / columns));
    }
    before[this.length] = sum;
    return before;
  }
}

/** The least number below `end` for which `fits` is true, if it is so for all above; `end` if for none. */
function lowest(end: number, fits: (number: number) => boolean): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
