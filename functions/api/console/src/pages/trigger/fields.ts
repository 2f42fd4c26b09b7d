import { inexact } from "~/json";

/** A param of a DAG as the API tells it: its default, its JSON Schema, and what stands beside that for forms. */
export interface Param {
  value?: unknown;
  schema?: Record<string, unknown> | null;
  description?: string | null;
}

export type Kind =
  | "text"
  | "lines"
  | "suggestions"
  | "integer"
  | "number"
  | "boolean"
  | "choice"
  | "choices"
  | "texts"
  | "numbers"
  | "date"
  | "datetime"
  | "time"
  | "json"
  | "mixed"
  | "fixed";

/** What has been put into a field, as far as it can be: often a text that may not be a value yet. */
export type Raw = string | boolean | string[];

export interface Field {
  name: string;
  kind: Kind;
  label: string;
  section: string;
  description: string;
  markdown: string;
  nullable: boolean;
  /** Whether nothing is no answer. */
  required: boolean;
  /** Values to choose from, as JSON, and how each is shown. */
  options: { value: string; label: string }[];
  schema: Record<string, unknown>;
  types: string[];
  initial: Raw;
  /** Whether it has a default other than nothing. */
  given: boolean;
}

/** How each param of a DAG is asked for, in the order of its author. Whatever a schema holds, there is a field. */
export function fieldsOf(params: Record<string, unknown>): Field[] {
  return Object.entries(params).map(([name, told]) => {
    const param = (isObject(told) ? told : { value: told }) as Param;
    const schema = isObject(param.schema) ? param.schema : {};
    const types = typesOf(schema);
    const kind = kindOf(schema, types, param.value);
    const nullable = types.includes("null") || (types.length === 0 && kind !== "choice" && kind !== "fixed");
    const field: Field = {
      name,
      kind,
      label: text(schema.title) || name,
      section: text(schema.section),
      description: text(param.description) || text(schema.description),
      markdown: text(schema.description_md),
      nullable,
      required: !nullable && kind !== "boolean" && kind !== "fixed",
      options: optionsOf(schema, kind, param.value),
      schema,
      types,
      initial: "",
      given: param.value !== undefined && param.value !== null,
    };
    return { ...field, initial: rawOf(field, "const" in schema ? schema.const : param.value) };
  });
}

function kindOf(schema: Record<string, unknown>, types: string[], value: unknown): Kind {
  if ("const" in schema) return "fixed";
  if (Array.isArray(schema.enum)) return "choice";
  const known = types.filter((type) => type !== "null");
  if (known.length === 0) return guessed(value);
  if (known.length > 1) return "mixed";
  switch (known[0]) {
    case "boolean":
      return types.includes("null") ? "choice" : "boolean";
    case "integer":
    case "number":
      return known[0];
    case "string":
      return textKind(schema);
    case "array":
      return arrayKind(schema);
    default:
      return "json";
  }
}

function textKind(schema: Record<string, unknown>): Kind {
  const formats: Record<string, Kind> = { date: "date", "date-time": "datetime", time: "time", multiline: "lines" };
  return formats[text(schema.format)] ?? (Array.isArray(schema.examples) ? "suggestions" : "text");
}

function arrayKind(schema: Record<string, unknown>): Kind {
  if (Array.isArray(schema.examples)) return "choices";
  const items = isObject(schema.items) ? schema.items.type : "string";
  return items === "string" ? "texts" : items === "number" || items === "integer" ? "numbers" : "json";
}

/** Of a param without a type, as its default has it. */
function guessed(value: unknown): Kind {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "text";
  return value !== null && typeof value === "object" ? "json" : "mixed";
}

function optionsOf(schema: Record<string, unknown>, kind: Kind, value: unknown): Field["options"] {
  const shown = isObject(schema.values_display) ? schema.values_display : {};
  const option = (one: unknown) => ({
    value: JSON.stringify(one),
    label: text(shown[String(one)]) || (one === null ? "" : typeof one === "string" ? one : JSON.stringify(one)),
  });
  if (kind === "choice") return unique((Array.isArray(schema.enum) ? schema.enum : [true, false, null]).map(option));
  const examples = Array.isArray(schema.examples) ? schema.examples : [];
  if (kind === "choices") return unique([...examples, ...(Array.isArray(value) ? value : [])].map(option));
  if (kind === "suggestions") return unique(examples.map((one) => ({ value: String(one), label: String(one) })));
  return [];
}

function unique(options: Field["options"]): Field["options"] {
  return [...new Map(options.map((one) => [one.value, one])).values()];
}

/** A value as it is put into its field. */
export function rawOf(field: Pick<Field, "kind">, value: unknown): Raw {
  const nothing = value === undefined || value === null;
  switch (field.kind) {
    case "boolean":
      return value === true;
    case "choice":
      return value === undefined ? "" : JSON.stringify(value);
    case "choices":
      return Array.isArray(value) ? value.map((one) => JSON.stringify(one)) : [];
    case "texts":
    case "numbers":
      return Array.isArray(value) ? value.map(String).join("\n") : nothing ? "" : String(value);
    case "json":
    case "fixed":
      return nothing ? "" : JSON.stringify(value, null, 2);
    case "mixed":
      return nothing ? "" : typeof value === "string" && !isJson(value) ? value : JSON.stringify(value);
    default:
      return nothing ? "" : typeof value === "string" ? value : JSON.stringify(value);
  }
}

/** What is wrong with what was put into a field, for the texts of the page. */
export type Wrong =
  | { rule: "required" | "integer" | "number" | "json" | "kinds" }
  | { rule: "inexact"; number: string }
  | { rule: "line"; line: number };

/** The value that a field stands for; `null` where it is empty and may be. */
export function parsed(field: Field, raw: Raw): { value: unknown } | { wrong: Wrong } {
  if (typeof raw === "boolean") return { value: raw };
  if (Array.isArray(raw)) return { value: raw.map((one) => JSON.parse(one) as unknown) };
  if (field.kind === "fixed") return { value: field.schema.const };
  if (raw === "") return empty(field);
  switch (field.kind) {
    case "integer":
      return integer(raw.trim());
    case "number":
      return raw.trim() !== "" && Number.isFinite(Number(raw)) ? { value: Number(raw) } : { wrong: { rule: "number" } };
    case "choice":
      return { value: JSON.parse(raw) as unknown };
    case "texts":
      return { value: lines(raw) };
    case "numbers":
      return numbers(lines(raw));
    case "json":
      return json(raw);
    case "mixed":
      return mixed(field, raw);
    default:
      return { value: raw };
  }
}

/** An empty field: nothing, an empty text where its author has a default that somebody has removed, or no answer. */
function empty(field: Field): ReturnType<typeof parsed> {
  if (field.nullable) return { value: null };
  if (field.kind === "texts" || field.kind === "numbers") return { value: [] };
  const removed = field.given && ["text", "lines", "suggestions"].includes(field.kind);
  return removed ? { value: "" } : { wrong: { rule: "required" } };
}

function integer(typed: string): ReturnType<typeof parsed> {
  if (!/^[+-]?\d+$/.test(typed)) return { wrong: { rule: "integer" } };
  const value = Number(typed);
  return Number.isSafeInteger(value) ? { value } : { wrong: { rule: "inexact", number: typed } };
}

function numbers(typed: string[]): ReturnType<typeof parsed> {
  const bad = typed.findIndex((one) => one.trim() === "" || !Number.isFinite(Number(one)));
  return bad < 0 ? { value: typed.map(Number) } : { wrong: { rule: "line", line: bad + 1 } };
}

function json(typed: string): ReturnType<typeof parsed> {
  const number = isJson(typed) ? inexact(typed) : undefined;
  if (number !== undefined) return { wrong: { rule: "inexact", number } };
  return isJson(typed) ? { value: JSON.parse(typed) as unknown } : { wrong: { rule: "json" } };
}

/** Of several types: JSON if that is of one of them, or else the text that it is. */
function mixed(field: Field, typed: string): ReturnType<typeof parsed> {
  const any = field.types.length === 0;
  if (isJson(typed) && (any || field.types.some((type) => isOf(type, JSON.parse(typed))))) return json(typed);
  return any || field.types.includes("string") ? { value: typed } : { wrong: { rule: "kinds" } };
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function lines(typed: string): string[] {
  return typed.split("\n").filter((line) => line !== "");
}

function isJson(typed: string): boolean {
  try {
    JSON.parse(typed);
    return true;
  } catch {
    return false;
  }
}

function typesOf(schema: Record<string, unknown>): string[] {
  const { type } = schema;
  return (Array.isArray(type) ? type : [type]).filter((one): one is string => typeof one === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
