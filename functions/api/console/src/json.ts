/** JSON as text, of which no number loses digits: JavaScript's own have 53 bits. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const STRING = /"(?:[^"\\]|\\.)*"/g;
const INTEGER = /^-?\d+$/;

/** A text of JSON, indented as `JSON.stringify` does it. */
export function indented(json: string): string {
  const out: string[] = [];
  let depth = 0;
  let before = "";
  const line = () => out.push("\n", "  ".repeat(depth));
  for (const [token] of json.matchAll(TOKEN)) {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    if (closes) {
      depth -= 1;
      if (before !== "{" && before !== "[") line();
    } else if (before === "{" || before === "[" || before === ",") line();
    out.push(token);
    if (token === ":") out.push(" ");
    if (opens) depth += 1;
    before = token;
  }
  return out.join("");
}

/** The text of one member of an object, as it stands there; undefined if it has none of that name. */
export function memberOf(json: string, name: string): string | undefined {
  let depth = 0;
  let begin = -1;
  let key = "";
  for (const found of json.matchAll(TOKEN)) {
    const [token] = found;
    if (token === "}" || token === "]") depth -= 1;
    if (begin >= 0 && ((depth === 1 && token === ",") || depth === 0)) return json.slice(begin, found.index).trim();
    if (depth === 1 && token === ":" && key === name) begin = found.index + 1;
    if (depth === 1 && token.startsWith('"')) key = JSON.parse(token) as string;
    if (token === "{" || token === "[") depth += 1;
  }
  return undefined;
}

/** The first integer that a browser would send as another one; undefined if there is none. */
export function inexact(json: string): string | undefined {
  for (const [token] of json.matchAll(TOKEN)) {
    if (INTEGER.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  }
  return undefined;
}

/** Whether a text is that of a JSON object or list. */
export function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

/** The text of a JSON object or list, indented, and with letters instead of their numbers; any other text as it is. */
export function pretty(text: string): string {
  return isJson(text) ? indented(text.replace(STRING, (one) => JSON.stringify(JSON.parse(one)))) : text;
}

/** The object that a text says, an empty one for an empty text; null if it says none. */
export function readObject(text: string): Record<string, unknown> | null {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
