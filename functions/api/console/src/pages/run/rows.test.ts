import { describe, expect, it } from "vitest";
import { type Group, type RunTask, rowsOf, type Wanted } from "./rows";

function task(id: string, more: Partial<RunTask> = {}): RunTask {
  return {
    task_id: id,
    label: id,
    operator: "Op",
    group_id: null,
    is_mapped: false,
    state: "success",
    counts: null,
    start_date: null,
    end_date: null,
    try_number: 1,
    max_tries: 0,
    notes: 0,
    ...more,
  };
}

function group(id: string, parent: string | null = null): Group {
  return { group_id: id, parent_id: parent, label: id, tooltip: null, is_mapped: false };
}

const TASKS = [
  task("a", { start_date: "2026-01-01T00:00:00Z", end_date: "2026-01-01T00:00:09Z" }),
  task("g.x", { group_id: "g", state: "failed" }),
  task("g.h.y", { group_id: "g.h", state: null, counts: { success: 2, failed: 1 } }),
  task("b", { start_date: "2026-01-01T00:00:05Z", end_date: "2026-01-01T00:00:06Z" }),
  task("g.z", { group_id: "g" }),
];
const GROUPS = [group("g"), group("g.h", "g")];
const ALL: Wanted = { name: "", states: [], sort: "", closed: [] };

const seen = (wanted: Partial<Wanted>) =>
  rowsOf(TASKS, GROUPS, { ...ALL, ...wanted }).map((row) => `${" ".repeat(row.depth)}${row.id}`);

describe("the tasks of a run", () => {
  it("are in their groups, each where its first task is", () => {
    expect(seen({})).toEqual(["a", "group g", " g.x", " group g.h", "  g.h.y", " g.z", "b"]);
  });

  it("are counted by groups, whether these are folded or not", () => {
    const [, row] = rowsOf(TASKS, GROUPS, { ...ALL, closed: ["g"] });
    expect(row).toMatchObject({ kind: "group", closed: true, counts: { failed: 2, success: 3 } });
    expect(seen({ closed: ["g"] })).toEqual(["a", "group g", "b"]);
  });

  it("are found by name and by state, also of one instance", () => {
    expect(seen({ name: "Y" })).toEqual(["group g", " group g.h", "  g.h.y"]);
    expect(seen({ states: ["failed"] })).toEqual(["group g", " g.x", " group g.h", "  g.h.y"]);
  });

  it("are sorted without groups", () => {
    expect(seen({ sort: "-duration" })).toEqual(["a", "b", "g.x", "g.h.y", "g.z"]);
    expect(seen({ sort: "start" }).slice(0, 2)).toEqual(["a", "b"]);
    expect(seen({ sort: "nonsense" })).toEqual(TASKS.map((one) => one.task_id));
  });

  it("whose group nobody knows are at the top", () => {
    expect(rowsOf([task("q", { group_id: "gone" })], [], ALL).map((row) => row.id)).toEqual(["q"]);
  });
});
