import { describe, expect, it } from "vitest";
import { goneFrom, rowsOf, valueAt } from "./rows";

const task = (task_id: string, group_id: string | null = null) => ({
  task_id,
  label: task_id.split(".").at(-1) ?? "",
  operator: "EmptyOperator",
  group_id,
  trigger_rule: "all_success",
  is_mapped: false,
  is_setup: false,
  is_teardown: false,
  doc_md: null,
  ui_color: null,
});
const group = (group_id: string, parent_id: string | null = null) => ({
  group_id,
  parent_id,
  label: group_id,
  tooltip: null,
  is_mapped: false,
});
const structure = {
  tasks: [task("first"), task("g.a", "g"), task("g.h.b", "g.h"), task("last"), task("g.c", "g")],
  groups: [group("g"), group("g.h", "g"), group("empty")],
};
const open = () => false;

describe("the rows of a grid", () => {
  it("are nested as the groups are, each where its first task is", () => {
    expect(rowsOf(structure, open).map((row) => [row.id, row.depth])).toEqual([
      ["first", 0],
      ["g", 0],
      ["g.a", 1],
      ["g.h", 1],
      ["g.h.b", 2],
      ["g.c", 1],
      ["last", 0],
    ]);
  });

  it("hide what is in a folded group", () => {
    const rows = rowsOf(structure, (id) => id === "g");
    expect(rows.map((row) => row.id)).toEqual(["first", "g", "last"]);
    expect(rows[1]).toMatchObject({ folded: true, tasks: ["g.a", "g.h.b", "g.c"] });
  });

  it("end with tasks that only earlier runs have", () => {
    const grid = { states: { first: ["success"], old: ["failed"] }, counts: { older: [{ success: 1 }] } };
    expect(goneFrom(structure, grid)).toEqual(["old", "older"]);
    expect(rowsOf(structure, open, ["old"]).at(-1)).toMatchObject({ id: "old", depth: 0, isGroup: false });
  });
});

describe("what a row tells of a run", () => {
  const grid = {
    states: { first: ["success", null], "g.a": ["failed", null], "g.h.b": ["success", null] },
    counts: { "g.c": [{ success: 2, skipped: 1 }, null] },
  };
  const rows = rowsOf(structure, open);
  const at = (id: string, run: number) => {
    const row = rows.find((one) => one.id === id);
    return row && valueAt(row, grid, run);
  };

  it("is a task's state, or what its instances are in", () => {
    expect(at("first", 0)).toBe("success");
    expect(at("g.c", 0)).toEqual({ success: 2, skipped: 1 });
  });

  it("is all that is in a group", () => {
    expect(at("g", 0)).toEqual({ failed: 1, success: 3, skipped: 1 });
  });

  it("is nothing where the run does not have it", () => {
    expect(at("first", 1)).toBeNull();
    expect(at("g", 1)).toBeNull();
  });
});
