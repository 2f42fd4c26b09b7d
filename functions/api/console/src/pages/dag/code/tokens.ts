import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser } from "@lezer/python";

export interface Token {
  text: string;
  /** Of what kind it is, as names of CSS classes (`tok-keyword`); empty for what has no colour. */
  kind: string;
}

/** Characters from which on a file is shown without colours: it would take too long. */
export const LONGEST = 300_000;

/** Python source as lines of coloured pieces; together they are the source, whatever is in it. */
export function linesOf(source: string): Token[][] {
  if (source.length > LONGEST) return source.split(/\r\n|\r|\n/).map((text) => [{ text, kind: "" }]);
  let line: Token[] = [];
  const lines = [line];
  highlightCode(
    source,
    parser.parse(source),
    classHighlighter,
    (text, kind) => line.push({ text, kind }),
    () => {
      line = [];
      lines.push(line);
    },
  );
  return lines;
}

/** The line that a fragment of an address names: 12 for "#L12"; 0 for none. */
export function lineOf(hash: string): number {
  return Number(/^#L(\d{1,7})$/.exec(hash)?.[1] ?? 0);
}
