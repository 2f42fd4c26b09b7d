import { readObject } from "~/json";
import type { Field } from "./types";

/** What stands for a secret that the server has and does not show. */
export const MASK = "***";

/** What is typed in a field: null takes a secret away; an empty one stays as it is. */
export type Typed = string | boolean | null;

export interface Split {
  /** What the fields of a type show of an extra. */
  known: Record<string, Typed>;
  /** Whether there is a secret behind an empty field. */
  kept: Record<string, boolean>;
  /** All else, as JSON. */
  rest: string;
}

/** Divides an extra among the fields of a type and the rest. */
export function split(extra: Record<string, unknown>, fields: Field[]): Split {
  const known: Split["known"] = {};
  const kept: Split["kept"] = {};
  const rest = { ...extra };
  for (const field of fields) {
    const value = extra[field.name];
    delete rest[field.name];
    kept[field.name] = value === MASK;
    known[field.name] = shownAs(field, value);
  }
  return { known, kept, rest: Object.keys(rest).length ? JSON.stringify(rest, null, 2) : "" };
}

/**
 * Puts it together again; null if the rest, or a field that is to be JSON, is no object. What was not touched is what it
 * was, whatever its type.
 */
export function join(
  before: Record<string, unknown>,
  fields: Field[],
  known: Split["known"],
  rest: string,
): Record<string, unknown> | null {
  const others = readObject(rest);
  if (others === null) return null;
  const joined: Record<string, unknown> = {};
  for (const field of fields) {
    const typed = known[field.name];
    if (typed === undefined || typed === shownAs(field, before[field.name])) {
      if (field.name in before) joined[field.name] = before[field.name];
      continue;
    }
    const value = sentAs(field, typed);
    if (value === null) return null;
    if (value !== undefined) joined[field.name] = value;
  }
  return { ...joined, ...others };
}

/** Names that the rest has though there is a field for them. */
export function doubled(fields: Field[], rest: string): string[] {
  const others = readObject(rest) ?? {};
  return fields.map((field) => field.name).filter((name) => name in others);
}

const YES = new Set(["1", "on", "true", "yes"]);

function shownAs({ kind }: Field, value: unknown): Typed {
  if (kind === "switch") return typeof value === "string" ? YES.has(value.trim().toLowerCase()) : Boolean(value);
  if (value === undefined || value === null || value === MASK) return "";
  if (typeof value === "object") return JSON.stringify(value, null, 2);
  return String(value);
}

/** `undefined` for none, null for what can't be. */
function sentAs({ kind }: Field, typed: Typed): unknown {
  if (typeof typed === "boolean") return typed;
  if (typed === null || !typed.trim()) return undefined;
  if (kind === "number") return Number.isFinite(Number(typed)) ? Number(typed) : null;
  if (kind === "json") return readObject(typed);
  return typed;
}
