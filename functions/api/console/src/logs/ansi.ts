import Anser from "anser";
import { CSI, OTHER } from "./escapes";

/** A piece of a line that looks the same throughout. Colours are red, green and blue, 0 to 255. */
export interface Token {
  text: string;
  color: Rgb | null;
  background: Rgb | null;
  bold: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
}
export type Rgb = readonly [number, number, number];

const ESC = "\u001b";
const ALL = new RegExp(`${CSI}|${OTHER}`, "g");
const NO_COLOR = new RegExp(OTHER, "g");

/** A line without what colours it. */
export function plain(line: string): string {
  return line.includes(ESC) ? line.replace(ALL, "") : line;
}

/** A line as pieces with their colours, which are never markup. */
export function tokens(line: string): Token[] {
  if (!line.includes(ESC)) return line ? [token(line)] : [];
  const [first = "", ...rest] = line.replace(NO_COLOR, "").split(`${ESC}[`);
  const anser = new Anser();
  const found = first ? [token(first)] : [];
  for (const chunk of rest) {
    const entry = anser.processChunkJson(chunk, { json: true, use_classes: false }, true);
    if (!entry.content) continue;
    const has = new Set<string>(entry.decorations); // anser goes on changing its own
    const [color, background] = has.has("reverse")
      ? [rgb(entry.bg) ?? BLACK, rgb(entry.fg) ?? WHITE]
      : [rgb(entry.fg), rgb(entry.bg)];
    found.push({
      text: entry.content,
      color,
      background,
      bold: has.has("bold"),
      italic: has.has("italic") || has.has("dim"),
      underline: has.has("underline"),
      strike: has.has("strikethrough"),
    });
  }
  return found;
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

function token(text: string): Token {
  return { text, color: null, background: null, bold: false, italic: false, underline: false, strike: false };
}

function rgb(text: string | null): Rgb | null {
  const [r = 0, g = 0, b = 0] = text?.split(",").map(Number) ?? [];
  return text ? [r, g, b] : null;
}

/** Controls, and marks that turn the direction of writing: shown for what they are, so that no line lies. */
const CONTROLS = /(?!\t)[\p{Cc}\p{Bidi_Control}]/gu;

/** Text in which nothing is invisible: `^M`, and `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    if (code < 32 || code === 127) return `^${String.fromCharCode(code ^ 64)}`;
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** Pieces cut where something found begins and ends; `ranges` are places in the text of all of them, in order. */
export function marked<T extends { text: string }>(
  all: T[],
  ranges: readonly (readonly [number, number])[],
): (T & { found: boolean })[] {
  const cut: (T & { found: boolean })[] = [];
  let at = 0;
  let next = 0;
  for (const one of all) {
    let begin = 0;
    while (begin < one.text.length) {
      const range = ranges[next];
      const place = at + begin;
      const inside = range !== undefined && place >= range[0];
      const stop = range === undefined ? Number.POSITIVE_INFINITY : inside ? range[1] : range[0];
      const end = Math.min(one.text.length, stop - at);
      cut.push({ ...one, text: one.text.slice(begin, end), found: inside });
      begin = end;
      if (inside && at + end >= range[1]) next += 1;
    }
    at += one.text.length;
  }
  return cut;
}
