import { describe, expect, it } from "vitest";
import { confOf, readConf, withConf } from "./conf";
import { EMPTY } from "./draft";
import { fieldsOf } from "./fields";

const FIELDS = fieldsOf({
  rows: { value: 10, schema: { type: "integer", maximum: 100 } },
  shop: { value: "a", schema: { enum: ["a", "b"] } },
  name: { schema: { type: "string" } },
});

describe("a configuration", () => {
  it("is the defaults, what was typed, and what is no param", () => {
    const draft = { ...EMPTY, raw: { rows: "20", name: "x" }, extra: { more: true } };
    expect(confOf(FIELDS, draft)).toEqual({
      conf: { rows: 20, shop: "a", name: "x", more: true },
      faults: new Map(),
    });
  });

  it("has faults, each at its field", () => {
    const { faults } = confOf(FIELDS, { ...EMPTY, raw: { rows: "500" } });
    expect([...faults.keys()]).toEqual(["rows", "name"]);
    expect(faults.get("rows")).toMatchObject({ broken: { rule: "maximum", limit: "100" } });
    expect(faults.get("name")).toEqual({ wrong: { rule: "required" } });
  });

  it("is put into the form and comes out of it as it was", () => {
    const conf = { rows: 7, shop: "b", name: "", other: [1] };
    const draft = withConf(FIELDS, EMPTY, conf);
    expect(draft.extra).toEqual({ other: [1] });
    expect(confOf(FIELDS, draft).conf).toMatchObject({ rows: 7, shop: "b", other: [1] });
  });

  it.each([
    ["", { conf: {} }],
    ['{"a": 1}', { conf: { a: 1 } }],
    ["[1]", { wrong: { rule: "object" } }],
    ["null", { wrong: { rule: "object" } }],
    ["{", { wrong: { rule: "json" } }],
    ['{"a": 12345678901234567890}', { wrong: { rule: "inexact", number: "12345678901234567890" } }],
  ])("is read from %s", (text, expected) => {
    expect(readConf(text)).toEqual(expected);
  });
});
