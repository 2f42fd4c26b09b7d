import { describe, expect, it } from "vitest";
import { doubled, join, split } from "./extra";
import { type Field, typeOf } from "./types";

const fields = typeOf("gcpbigquery").extra;
const extra = {
  project: "p",
  num_retries: "5",
  scope: ["a", "b"],
  keyfile_dict: "***",
  use_legacy_sql: "false",
  labels: { team: "x" },
  other: { token: "***" },
};

describe("an extra in a form", () => {
  it("is divided among the fields of its type and the rest", () => {
    const { known, kept, rest } = split(extra, fields);
    expect(known).toMatchObject({ project: "p", num_retries: "5", keyfile_dict: "", use_legacy_sql: false });
    expect(known.labels).toBe('{\n  "team": "x"\n}');
    expect(kept).toMatchObject({ keyfile_dict: true, project: false });
    expect(JSON.parse(rest)).toEqual({ other: { token: "***" } });
  });

  it("is what it was if nothing is touched", () => {
    const { known, rest } = split(extra, fields);
    expect(join(extra, fields, known, rest)).toEqual(extra);
  });

  it("has what was typed", () => {
    const { known } = split(extra, fields);
    const typed = { ...known, project: "q", num_retries: "7", use_legacy_sql: true, scope: "", keyfile_dict: "{}" };
    expect(join(extra, fields, typed, '{"n": 1}')).toEqual({
      project: "q",
      num_retries: 7,
      keyfile_dict: "{}",
      use_legacy_sql: true,
      labels: { team: "x" },
      n: 1,
    });
  });

  it("loses a secret that was taken away, and only that", () => {
    const { known, rest } = split(extra, fields);
    const joined = join(extra, fields, { ...known, keyfile_dict: null }, rest);
    expect(joined).not.toHaveProperty("keyfile_dict");
    expect(joined).toMatchObject({ project: "p", other: { token: "***" } });
  });

  it("keeps what another type has no field for", () => {
    const { known, rest } = split(extra, typeOf("http").extra);
    expect(join(extra, typeOf("http").extra, known, rest)).toEqual(extra);
  });

  it("can't be everything", () => {
    const numbered: Field[] = [{ name: "timeout", kind: "number" }];
    expect(join({}, numbered, { timeout: "soon" }, "")).toBeNull();
    expect(join({}, [{ name: "headers", kind: "json" }], { headers: "[1]" }, "")).toBeNull();
    expect(join({}, numbered, { timeout: "" }, "{")).toBeNull();
    expect(doubled(numbered, '{"timeout": 1, "n": 2}')).toEqual(["timeout"]);
  });

  it("knows a type by its own name alone", () => {
    expect(typeOf("constructor").extra).toEqual([]);
  });
});
