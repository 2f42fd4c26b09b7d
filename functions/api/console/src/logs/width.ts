import { CSI, OTHER } from "./escapes";

/** What may not be one column wide for each of its UTF-16 units; the ends of lines are nobody's. */
const SPECIAL = /[^\n -\u02ff]/;
const TAB = 8;
const ESCAPE = 0x1b;
const HIDDEN = new RegExp(`${CSI}|${OTHER}`, "y");

/** Whether each character of a text is one column: then nobody need count. */
export function isPlain(text: string): boolean {
  return !SPECIAL.test(text);
}

/** How many columns of a terminal a line takes, from `begin` to `end` of a text, as far as can be told undrawn. */
export function columns(text: string, begin = 0, end = text.length): number {
  let count = 0;
  for (let place = begin; place < end; place += 1) {
    const unit = text.charCodeAt(place);
    if (unit >= 32 && unit < 0x300) count += 1;
    else if (unit === 9) count += TAB - (count % TAB);
    else if (unit === ESCAPE) {
      HIDDEN.lastIndex = place;
      if (HIDDEN.test(text)) place = HIDDEN.lastIndex - 1;
      else count += 1;
    } else if (unit >= 0xd800 && unit < 0xdc00) {
      count += wide(text.codePointAt(place) ?? unit);
      place += 1;
    } else count += wide(unit);
  }
  return count;
}

/** Columns of one character: East Asian ones and pictures have two, what stands on another one none. */
function wide(code: number): number {
  if (code < 0x1100) return code >= 0x300 && code <= 0x36f ? 0 : 1;
  if (code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  const two =
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return two ? 2 : 1;
}
