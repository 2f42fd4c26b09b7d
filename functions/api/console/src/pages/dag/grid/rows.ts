import type { Schema } from "~/api/client";
import { add, type Counts } from "~/states";
import { isTree, type TaskNode, type Tree, tasksIn, treeOf } from "../tree";

export interface Row {
  id: string;
  label: string;
  depth: number;
  /** Of a group: whether what is in it is hidden. */
  folded?: boolean;
  /** Tasks that the row tells of: one, or all of a group. */
  tasks: string[];
  /** Of a task; a group has none, and neither has a task that the DAG no longer has. */
  node?: TaskNode;
  isGroup: boolean;
}

/** The rows of a grid, from the top; `gone` are tasks that only earlier versions have. */
export function rowsOf(
  structure: Pick<Schema["StructureResponse"], "tasks" | "groups">,
  folded: (groupId: string) => boolean,
  gone: string[] = [],
): Row[] {
  const rows: Row[] = [];
  const walk = (tree: Tree, depth: number) => {
    for (const child of tree.children) {
      if (!isTree(child)) {
        rows.push({
          id: child.task_id,
          label: child.label,
          depth,
          tasks: [child.task_id],
          node: child,
          isGroup: false,
        });
      } else if (child.group !== null) {
        const { group_id, label } = child.group;
        const hides = folded(group_id);
        rows.push({ id: group_id, label, depth, tasks: tasksIn(child), folded: hides, isGroup: true });
        if (!hides) walk(child, depth + 1);
      }
    }
  };
  walk(treeOf(structure), 0);
  for (const id of gone) rows.push({ id, label: id, depth: 0, tasks: [id], isGroup: false });
  return rows;
}

/** What of a row is in a run: one state, or how many in which; null where the run has nothing of it. */
export type Value = string | Counts | null;

type Grid = Pick<Schema["GridResponse"], "states" | "counts">;

export function valueAt(row: Row, grid: Grid, run: number): Value {
  if (!row.isGroup) return one(row.id, grid, run);
  const counts: Counts = {};
  for (const task of row.tasks) {
    const value = one(task, grid, run);
    if (value !== null) add(counts, typeof value === "string" ? { [value]: 1 } : value);
  }
  return Object.keys(counts).length > 0 ? counts : null;
}

function one(taskId: string, grid: Grid, run: number): Value {
  return grid.counts[taskId]?.[run] ?? grid.states[taskId]?.[run] ?? null;
}

/** Tasks that some run has, and the DAG no longer. */
export function goneFrom(structure: Pick<Schema["StructureResponse"], "tasks">, grid: Grid): string[] {
  const known = new Set(structure.tasks.map((task) => task.task_id));
  return [...new Set([...Object.keys(grid.states), ...Object.keys(grid.counts)])].filter((id) => !known.has(id)).sort();
}
