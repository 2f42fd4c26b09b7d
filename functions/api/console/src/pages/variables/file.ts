/** What stands for a secret. */
export const MASK = "***";

export interface Entry {
  key: string;
  value: unknown;
  description?: string | null;
}

/** Why a file has no Variables, for people: a text of `variables.import`, and what is named in it. */
export class FileError extends Error {
  constructor(
    readonly reason: "notJson" | "notObject" | "badKey",
    readonly named: Record<string, string> = {},
  ) {
    super(reason);
  }
}

/** The Variables of a file: key → value, or → an object of `value` and perhaps `description`, and no more. */
export function readFile(text: string): Entry[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new FileError("notJson", { why: (error as Error).message });
  }
  if (!isObject(found)) throw new FileError("notObject");
  return Object.entries(found).map(([key, value]) => {
    if (!key || key.length > 250 || key.startsWith("@")) throw new FileError("badKey", { key });
    if (!wraps(value)) return { key, value };
    return { key, value: value.value, description: value.description == null ? null : String(value.description) };
  });
}

/** The other way round. A value that would be taken for one with a description has one, which is none. */
export function writeFile(variables: { key: string; value?: string | null; description: string | null }[]): string {
  const told: [string, unknown][] = variables.map(({ key, value, description }) => {
    const said = read(value ?? "");
    return [key, description === null && !wraps(said) ? said : { description, value: said }];
  });
  return `${JSON.stringify(Object.fromEntries(told), null, 2)}\n`;
}

/** Whether there is a place in a value where a secret was. */
export function masked(value: unknown): boolean {
  if (typeof value === "string") {
    const said = read(value);
    return value === MASK || (typeof said === "object" && masked(said));
  }
  if (Array.isArray(value)) return value.some(masked);
  return isObject(value) && Object.values(value).some(masked);
}

/** What a text says as JSON, if writing that again gives the same; else the text: no digit of a number is lost. */
function read(text: string): unknown {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === "string") return text;
    return JSON.stringify(said) === text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1") ? said : text;
  } catch {
    return text;
  }
}

function wraps(value: unknown): value is { value: unknown; description?: unknown } {
  return (
    isObject(value) &&
    "value" in value &&
    Object.keys(value).every((name) => name === "value" || name === "description")
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
