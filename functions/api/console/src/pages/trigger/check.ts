import { type Schema, Validator } from "@cfworker/json-schema";

/** A rule of a schema that a value breaks; `limit` is what the rule says. */
export interface Broken {
  rule: string;
  limit: string;
  /** Where in the value, such as `/0/name`; empty for the whole. */
  place: string;
  /** In the validator's words. */
  text: string;
}

/** Formats that are checked here; of others the server's opinion may differ from a browser's. */
const FORMATS = new Set(["date", "date-time"]);
/** Rules that only say that something within is broken. */
const OUTER = new Set(["items", "prefixItems", "properties", "additionalProperties", "allOf", "$ref", "if"]);

/** The first rule of a JSON Schema that a value breaks; undefined if none, or if the schema is none: the server decides. */
export function broken(schema: Record<string, unknown>, value: unknown): Broken | undefined {
  try {
    const { valid, errors } = new Validator(lenient(schema) as Schema, "2020-12", false).validate(value);
    if (valid) return undefined;
    const found = errors.find((error) => !OUTER.has(error.keyword)) ?? errors[0];
    if (!found) return undefined;
    return {
      rule: found.keyword,
      limit: limitOf(schema, found.keywordLocation),
      place: found.instanceLocation.replace(/^#/, ""),
      text: found.error,
    };
  } catch {
    return undefined;
  }
}

/** A schema without formats that are not checked here. */
function lenient(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lenient);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => name !== "format" || (typeof value === "string" && FORMATS.has(value)))
      .map(([name, value]) => [name, name === "enum" || name === "const" ? value : lenient(value)]),
  );
}

function limitOf(schema: unknown, location: string): string {
  let found: unknown = schema;
  for (const part of location.replace(/^#\/?/, "").split("/")) {
    if (typeof found !== "object" || found === null) return "";
    found = (found as Record<string, unknown>)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  if (Array.isArray(found)) return found.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ");
  return typeof found === "string" ? found : (JSON.stringify(found) ?? "");
}
