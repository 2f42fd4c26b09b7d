/** How severe a line is; those that say nothing are what the line before was. */
export const LEVELS = ["", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
export type Level = 0 | 1 | 2 | 3 | 4 | 5;
const INFO = 2;

/** The characters of a head before its level: a time and a space. */
export const TIME = 25;
const MARKS = new Map([
  [4, 45], // 2024-
  [7, 45],
  [10, 84], // T
  [13, 58], // 00:
  [19, 46], // .
  [23, 90], // Z
  [24, 32],
]);
const FIRST = new Map<number, Level>([
  [68, 1], // D
  [73, 2], // I
  [87, 3], // W
  [69, 4], // E
  [67, 5], // C
]);

/** The level of a line that begins at `start` of `text`, if it has the head of brisa's logs; 0 for any other. */
export function levelAt(text: string, start: number): Level {
  for (const [place, code] of MARKS) if (text.charCodeAt(start + place) !== code) return 0;
  const code = text.charCodeAt(start + TIME);
  return FIRST.get(code) ?? (code >= 65 && code <= 90 ? INFO : 0);
}

export interface Head {
  /** ISO 8601, in UTC. */
  time: string;
  /** As it stands in the log, padded. */
  level: string;
  /** What wrote it, and the bar that comes before its text. */
  source: string;
  text: string;
}

const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Z]+ +)(\S+ \| )/;

/** A line taken apart; null if it has no head. */
export function readHead(line: string): Head | null {
  const found = HEAD.exec(line);
  if (!found) return null;
  const [all, time = "", level = "", source = ""] = found;
  return { time, level, source, text: line.slice(all.length) };
}
