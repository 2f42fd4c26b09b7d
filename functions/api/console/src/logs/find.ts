import { plain } from "./ansi";
import { TIME } from "./head";
import type { LogText } from "./text";

/** Finds that are kept: who has more looks for something else. */
export const MOST = 100_000;
/** Milliseconds of looking before the page has its turn. */
const TURN = 12;

/** What is looked for, as it is typed, in capitals or not. */
export function matcher(wanted: string): RegExp {
  return new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
}

/** Where a text has what is looked for: from and to. */
export function places(text: string, wanted: RegExp): [number, number][] {
  return [...text.matchAll(wanted)].map((found) => [found.index, found.index + found[0].length]);
}

/** What of a piece is looked through: all but its time, which is shown in many zones. */
export function sought(text: LogText, piece: number): string {
  const line = plain(text.piece(piece));
  return text.hasHead(piece) ? line.slice(TIME) : line;
}

/** Looks through a log that still grows, from where it was left; whoever calls it gives the page its turn in between. */
export class Search {
  private readonly wanted: RegExp;
  private at = 0;
  /** Pieces that have it, the first first. */
  readonly found: number[] = [];

  constructor(
    private readonly text: LogText,
    wanted: string,
    private readonly level: number,
  ) {
    this.wanted = matcher(wanted);
  }

  /** Whether all there is was looked through. */
  get over(): boolean {
    return this.at >= this.text.count || this.found.length >= MOST;
  }

  /** Look for some milliseconds. */
  go(now: () => number = () => performance.now()): void {
    const until = now() + TURN;
    while (!this.over) {
      for (let some = 0; some < 100 && this.at < this.text.count; some += 1, this.at += 1) {
        if (this.text.level(this.at) < this.level) continue;
        this.wanted.lastIndex = 0;
        if (this.wanted.test(sought(this.text, this.at))) this.found.push(this.at);
      }
      if (now() > until) return;
    }
  }
}
