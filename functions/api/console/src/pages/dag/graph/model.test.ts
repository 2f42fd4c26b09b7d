import { describe, expect, it } from "vitest";
import { neighbours, shownOf } from "./model";

const task = (task_id: string, group_id: string | null = null) => ({
  task_id,
  label: task_id,
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
  dag_id: "d",
  version_number: 1,
  tasks: [task("a"), task("b", "g"), task("c", "h"), task("d")],
  groups: [group("g"), group("h", "g")],
  edges: [
    { source_id: "a", target_id: "b", label: "yes" },
    { source_id: "a", target_id: "c", label: "no" },
    { source_id: "b", target_id: "c", label: null },
    { source_id: "c", target_id: "d", label: null },
  ],
};
const ends = (edges: { source: string; target: string; label: string }[]) =>
  edges.map(({ source, target, label }) => `${source}>${target}${label && ` ${label}`}`);

describe("what of a DAG is drawn", () => {
  it("is all of it, each in its group", () => {
    const { nodes, edges } = shownOf(structure, () => false);
    expect(nodes.map(({ id, parent }) => [id, parent])).toEqual([
      ["a", null],
      ["g", null],
      ["b", "g"],
      ["h", "g"],
      ["c", "h"],
      ["d", null],
    ]);
    expect(ends(edges)).toEqual(["a>b yes", "a>c no", "b>c", "c>d"]);
  });

  it("is a folded group in the place of what is in it", () => {
    const { nodes, edges } = shownOf(structure, (id) => id === "g");
    expect(nodes.map(({ id, tasks }) => [id, tasks])).toEqual([
      ["a", ["a"]],
      ["g", ["b", "c"]],
      ["d", ["d"]],
    ]);
    expect(ends(edges)).toEqual(["a>g yes, no", "g>d"]);
  });
});

it("each task knows what is before and after it", () => {
  expect(neighbours(structure).get("c")).toEqual({ upstream: ["a", "b"], downstream: ["d"] });
});
