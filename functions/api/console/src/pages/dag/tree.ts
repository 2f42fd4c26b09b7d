import type { Schema } from "~/api/client";

type Structure = Schema["StructureResponse"];
export type TaskNode = Schema["TaskNode"];
export type GroupNode = Schema["GroupNode"];

/** A group with what is in it, in the order in which it runs; the DAG itself is the group without a name. */
export interface Tree {
  group: GroupNode | null;
  children: (Tree | TaskNode)[];
}

export function isTree(node: Tree | TaskNode): node is Tree {
  return "children" in node;
}

/** Groups and tasks as they are nested; a group stands where the first of its tasks does. */
export function treeOf({ tasks, groups }: Pick<Structure, "tasks" | "groups">): Tree {
  const root: Tree = { group: null, children: [] };
  const known = new Map(groups.map((group) => [group.group_id, group]));
  const trees = new Map<string, Tree>();
  const tree = (groupId: string | null): Tree => {
    const group = groupId === null ? undefined : known.get(groupId);
    if (group === undefined) return root;
    const found = trees.get(group.group_id);
    if (found) return found;
    const made: Tree = { group, children: [] };
    trees.set(group.group_id, made);
    tree(group.parent_id).children.push(made);
    return made;
  };
  for (const task of tasks) tree(task.group_id).children.push(task);
  return root;
}

/** Ids of all tasks in a tree, those of the groups within it too. */
export function tasksIn(tree: Tree): string[] {
  return tree.children.flatMap((child) => (isTree(child) ? tasksIn(child) : [child.task_id]));
}

/** The groups around a task or a group, the innermost first. */
export function groupsAround({ tasks, groups }: Pick<Structure, "tasks" | "groups">, taskId: string): string[] {
  const parents = new Map(groups.map((group) => [group.group_id, group.parent_id]));
  const found: string[] = [];
  let next = tasks.find((task) => task.task_id === taskId)?.group_id ?? null;
  while (next !== null && !found.includes(next)) {
    found.push(next);
    next = parents.get(next) ?? null;
  }
  return found;
}
