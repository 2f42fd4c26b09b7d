import { inexact } from "~/json";
import { type Broken, broken } from "./check";
import type { Draft } from "./draft";
import { type Field, parsed, type Raw, rawOf, type Wrong } from "./fields";

export type Fault = { wrong: Wrong } | { broken: Broken };

/** What is in a field: what was typed, or its default. */
export function rawIn(draft: Draft, field: Field): Raw {
  return draft.raw[field.name] ?? field.initial;
}

/** The configuration that a form stands for, and what is wrong with it, by param. */
export function confOf(
  fields: readonly Field[],
  draft: Draft,
): { conf: Record<string, unknown>; faults: Map<string, Fault> } {
  const conf: Record<string, unknown> = { ...draft.extra };
  const faults = new Map<string, Fault>();
  for (const field of fields) {
    const found = parsed(field, rawIn(draft, field));
    if ("wrong" in found) {
      faults.set(field.name, found);
      continue;
    }
    conf[field.name] = found.value;
    const fault = broken(field.schema, found.value);
    if (fault) faults.set(field.name, { broken: fault });
  }
  return { conf, faults };
}

/** A configuration put into the fields of a form; what is no param is kept beside them. */
export function withConf(fields: readonly Field[], draft: Draft, conf: Record<string, unknown>): Draft {
  const names = new Set(fields.map((field) => field.name));
  return {
    ...draft,
    raw: Object.fromEntries(
      fields.filter((field) => field.name in conf).map((field) => [field.name, fitting(field, conf[field.name])]),
    ),
    extra: Object.fromEntries(Object.entries(conf).filter(([name]) => !names.has(name))),
  };
}

/** What a field shows of a value; one that does not fit it is shown as it is, to be mended. */
function fitting(field: Field, value: unknown): Raw {
  const raw = rawOf(field, value);
  return raw === "" && value !== null && value !== "" && field.kind !== "texts" ? JSON.stringify(value) : raw;
}

/** A configuration as somebody has typed it. */
export function readConf(text: string): { conf: Record<string, unknown> } | { wrong: Wrong | { rule: "object" } } {
  if (text.trim() === "") return { conf: {} };
  try {
    const conf: unknown = JSON.parse(text);
    if (typeof conf !== "object" || conf === null || Array.isArray(conf)) return { wrong: { rule: "object" } };
    const number = inexact(text);
    return number === undefined ? { conf: conf as Record<string, unknown> } : { wrong: { rule: "inexact", number } };
  } catch {
    return { wrong: { rule: "json" } };
  }
}
