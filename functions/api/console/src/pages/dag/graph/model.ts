import type { Schema } from "~/api/client";
import { type GroupNode, isTree, type TaskNode, type Tree, tasksIn, treeOf } from "../tree";

type Structure = Schema["StructureResponse"];

export interface ShownNode {
  id: string;
  label: string;
  /** The group that it is drawn in. */
  parent: string | null;
  task?: TaskNode;
  group?: GroupNode;
  /** Of a group: whether what is in it is hidden. */
  folded?: boolean;
  /** What it stands for. */
  tasks: string[];
}

export interface ShownEdge {
  id: string;
  source: string;
  target: string;
  label: string;
}

export interface Shown {
  /** A group comes before what is in it. */
  nodes: ShownNode[];
  edges: ShownEdge[];
}

/** What of a DAG is drawn: a folded group takes the place of all that is in it, and has their edges. */
export function shownOf(structure: Structure, folded: (groupId: string) => boolean): Shown {
  const nodes: ShownNode[] = [];
  const standsIn = new Map<string, string>();
  const walk = (tree: Tree, parent: string | null) => {
    for (const child of tree.children) {
      if (!isTree(child)) {
        nodes.push({ id: child.task_id, label: child.label, parent, task: child, tasks: [child.task_id] });
        standsIn.set(child.task_id, child.task_id);
      } else if (child.group !== null) {
        const { group_id: id, label } = child.group;
        const tasks = tasksIn(child);
        const hides = folded(id);
        nodes.push({ id, label, parent, group: child.group, folded: hides, tasks });
        if (hides) for (const task of tasks) standsIn.set(task, id);
        else walk(child, id);
      }
    }
  };
  walk(treeOf(structure), null);
  return { nodes, edges: edgesOf(structure, standsIn) };
}

function edgesOf(structure: Structure, standsIn: Map<string, string>): ShownEdge[] {
  const edges = new Map<string, ShownEdge>();
  for (const { source_id, target_id, label } of structure.edges) {
    const [source, target] = [standsIn.get(source_id), standsIn.get(target_id)];
    if (source === undefined || target === undefined || source === target) continue;
    const id = `${source}\n${target}`;
    const found = edges.get(id);
    if (!found) edges.set(id, { id, source, target, label: label ?? "" });
    else if (label && !found.label.split(", ").includes(label)) {
      found.label = found.label ? `${found.label}, ${label}` : label;
    }
  }
  return [...edges.values()];
}

/** What comes right before and right after each task. */
export function neighbours(structure: Structure): Map<string, { upstream: string[]; downstream: string[] }> {
  const found = new Map(
    structure.tasks.map((task) => [task.task_id, { upstream: [] as string[], downstream: [] as string[] }]),
  );
  for (const { source_id, target_id } of structure.edges) {
    found.get(target_id)?.upstream.push(source_id);
    found.get(source_id)?.downstream.push(target_id);
  }
  return found;
}

/** Whether a task decides which of those after it run: the API does not say so, but the names of operators do. */
export function isBranch(task: TaskNode): boolean {
  return /branch|short_?circuit/i.test(task.operator);
}
