import { describe, expect, it } from "vitest";
import { broken } from "./check";
import { EMPTY, keepDraft, keptDraft } from "./draft";
import { type Field, fieldsOf, parsed, type Raw } from "./fields";
import { refused } from "./refused";

function field(schema: Record<string, unknown>, value?: unknown): Field {
  const [found] = fieldsOf({ p: { schema, ...(value === undefined ? {} : { value }) } });
  if (!found) throw new Error("no field");
  return found;
}

describe("fields", () => {
  it.each([
    [{ type: "string" }, "a", "text"],
    [{ type: "string", format: "date" }, "2026-01-01", "date"],
    [{ type: "string", format: "date-time" }, "2026-01-01T00:00:00Z", "datetime"],
    [{ type: ["string", "null"], format: "time" }, null, "time"],
    [{ type: "string", format: "multiline" }, "", "lines"],
    [{ type: "string", examples: ["a"] }, "a", "suggestions"],
    [{ type: "integer" }, 1, "integer"],
    [{ type: ["null", "number"] }, null, "number"],
    [{ type: "boolean" }, true, "boolean"],
    [{ type: ["boolean", "null"] }, null, "choice"],
    [{ type: "string", enum: ["a"] }, "a", "choice"],
    [{ type: "array" }, ["a"], "texts"],
    [{ type: "array", items: { type: "number" } }, [1], "numbers"],
    [{ type: "array", items: { type: "object" } }, [], "json"],
    [{ type: "array", examples: ["a"] }, [], "choices"],
    [{ type: "object" }, {}, "json"],
    [{ type: ["integer", "string"] }, 1, "mixed"],
    [{ const: 3 }, 3, "fixed"],
    [{}, 5, "mixed"],
    [{}, "a", "text"],
    [{}, false, "boolean"],
    [{}, [1], "json"],
    [{ type: 7, enum: "x", examples: {} }, null, "mixed"],
  ])("%j with the default %j is asked for as %s", (schema, value, kind) => {
    const found = field(schema as Record<string, unknown>, value);
    expect(found.kind).toBe(kind);
    expect(parsed(found, found.initial)).toEqual({ value });
  });

  it("have labels, sections, and the names that values are shown by", () => {
    const schema = {
      type: "string",
      title: "Shop",
      section: "Where",
      description_md: "**b**",
      enum: ["a", "b"],
      values_display: { a: "Alpha" },
    };
    const [found] = fieldsOf({ p: { schema, value: "a", description: "which" } });
    expect(found).toMatchObject({ label: "Shop", section: "Where", description: "which", markdown: "**b**" });
    expect(found?.options).toEqual([
      { value: '"a"', label: "Alpha" },
      { value: '"b"', label: "b" },
    ]);
  });

  it("are there for anything that stands for a param", () => {
    expect(fieldsOf({ a: 5, b: null }).map((one) => [one.name, one.kind])).toEqual([
      ["a", "mixed"],
      ["b", "mixed"],
    ]);
  });
});

describe("what is put into a field", () => {
  it.each<[Record<string, unknown>, Raw, unknown]>([
    [{ type: "integer" }, " 12 ", 12],
    [{ type: "number" }, "1e3", 1000],
    [{ type: "array" }, "a\n\nb c", ["a", "b c"]],
    [{ type: "array" }, "", []],
    [{ type: "array", items: { type: "number" } }, "1\n2.5", [1, 2.5]],
    [{ type: "array", examples: [1] }, ["1", '"x"'], [1, "x"]],
    [{ type: "object" }, '{"a": [1]}', { a: [1] }],
    [{ enum: [1, "1", null] }, '"1"', "1"],
    [{ type: ["integer", "string"] }, "12", 12],
    [{ type: ["integer", "string"] }, "1.5", "1.5"],
    [{ type: ["integer", "string"] }, "abc", "abc"],
    [{ type: ["string", "null"] }, "", null],
    [{ type: ["object", "null"] }, "", null],
  ])("%j: %j", (schema, raw, expected) => {
    expect(parsed(field(schema), raw)).toEqual({ value: expected });
  });

  it.each<[Record<string, unknown>, Raw, string]>([
    [{ type: "integer" }, "1.5", "integer"],
    [{ type: "integer" }, "12345678901234567890", "inexact"],
    [{ type: "integer" }, "", "required"],
    [{ type: "number" }, "many", "number"],
    [{ type: "string" }, "", "required"],
    [{ type: "object" }, "{a}", "json"],
    [{ type: "object" }, '{"a": 12345678901234567890}', "inexact"],
    [{ type: "array", items: { type: "number" } }, "1\nx", "line"],
    [{ type: ["integer", "boolean"] }, "abc", "kinds"],
  ])("%j: %j is %s", (schema, raw, rule) => {
    expect(parsed(field(schema), raw)).toMatchObject({ wrong: { rule } });
  });

  it("may be nothing where there was a text, and need not where a text is given", () => {
    expect(parsed(field({ type: "string" }, "default"), "")).toEqual({ value: "" });
  });
});

describe("schemas", () => {
  it.each<[Record<string, unknown>, unknown, object | undefined]>([
    [{ type: "integer", maximum: 100 }, 500, { rule: "maximum", limit: "100", place: "" }],
    [{ type: "integer", maximum: 100 }, 100, undefined],
    [{ type: "string", pattern: "^a" }, "b", { rule: "pattern", limit: "^a" }],
    [{ enum: ["a", 1] }, "c", { rule: "enum", limit: "a, 1" }],
    [{ type: "array", items: { type: "string", minLength: 2 } }, ["ok", "x"], { rule: "minLength", place: "/1" }],
    [{ type: "object", required: ["a"] }, {}, { rule: "required", limit: "a" }],
    [{ type: "string", format: "date" }, "tomorrow", { rule: "format", limit: "date" }],
    [{ type: "string", format: "email" }, "whatever", undefined],
    [{ type: "string", pattern: "(?P<python>x)" }, "y", undefined],
    [{ type: 7, properties: 3 }, "y", expect.anything()],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, 3, { rule: "anyOf" }],
  ])("%j of %j", (schema, value, expected) => {
    const found = broken(schema, value);
    if (expected === undefined) expect(found).toBeUndefined();
    else if (found) expect(found).toMatchObject(expected);
  });
});

describe("what the server refuses", () => {
  it("is told at the fields", () => {
    const message = "param 'filas': 500 is greater than the maximum of 100; param 'it\\'s': 'a; b' is too short";
    expect(refused(message, ["filas", "it\\'s"])).toEqual({
      params: { filas: "500 is greater than the maximum of 100", "it\\'s": "'a; b' is too short" },
      fields: {},
      rest: "",
    });
    const missing = "params 'a', 'b' have no default, so a run must be given a value (in its conf)";
    expect(refused(missing, ["a", "b", "c"])).toEqual({ params: { a: missing, b: missing }, fields: {}, rest: "" });
    expect(refused("logical_date: Input should be a date\nnote: too long", [])).toEqual({
      params: {},
      fields: { logical_date: "Input should be a date", note: "too long" },
      rest: "",
    });
    expect(refused("The run_id provided 'a b' is no text", []).fields.dag_run_id).toContain("run_id");
  });

  it("is told as it is where it names no field", () => {
    expect(refused("param 'x': bad", ["y"])).toEqual({ params: {}, fields: {}, rest: "param 'x': bad" });
  });
});

describe("a draft", () => {
  it("survives, for the link that it was made with", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
    };
    const draft = { ...EMPTY, runId: "mine", raw: { a: ["1"], b: true } };
    keepDraft(storage, "sales", "", draft);
    expect(keptDraft(storage, "sales", "")).toEqual(draft);
    expect(keptDraft(storage, "sales", '{"a":1}')).toBeUndefined();
    expect(keptDraft(storage, "other", "")).toBeUndefined();
    kept.set("brisa.trigger.sales", "{");
    expect(keptDraft(storage, "sales", "")).toBeUndefined();
  });
});
