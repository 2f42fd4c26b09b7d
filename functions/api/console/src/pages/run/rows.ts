import type { Schema } from "~/api/client";
import { serverNow } from "~/api/clock";

export type RunTask = Schema["RunTask"];
export type Group = Schema["GroupNode"];

/** What the table of a run's tasks shows, line by line. */
export type Row =
  | { kind: "group"; id: string; group: Group; depth: number; counts: Record<string, number>; closed: boolean }
  | { kind: "task"; id: string; task: RunTask; depth: number };

export interface Wanted {
  /** Part of a name, in capitals or not. */
  name: string;
  /** One of these; of none, all. */
  states: string[];
  /** A column, with `-` before it from the largest on; empty for the order of the graph, within groups. */
  sort: string;
  /** Groups whose tasks are not shown. */
  closed: string[];
}

/** In which states a task's instances are. */
export function countsOf(task: RunTask): Record<string, number> {
  return task.counts ?? { [task.state ?? "none"]: 1 };
}

/** How many instances of all these tasks are in which state. */
export function added(tasks: readonly RunTask[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const task of tasks) {
    for (const [state, count] of Object.entries(countsOf(task))) sum[state] = (sum[state] ?? 0) + count;
  }
  return sum;
}

/** The tasks that are wanted, in groups, or sorted and without them. */
export function rowsOf(tasks: readonly RunTask[], groups: readonly Group[], wanted: Wanted): Row[] {
  const name = wanted.name.trim().toLowerCase();
  const found = tasks.filter(
    (task) =>
      (task.task_id.toLowerCase().includes(name) || task.label.toLowerCase().includes(name)) &&
      (wanted.states.length === 0 || wanted.states.some((state) => countsOf(task)[state])),
  );
  if (wanted.sort) {
    return sorted(found, wanted.sort).map((task) => ({ kind: "task", id: task.task_id, task, depth: 0 }));
  }
  return grouped(found, groups, new Set(wanted.closed));
}

function grouped(tasks: readonly RunTask[], groups: readonly Group[], closed: ReadonlySet<string>): Row[] {
  const byId = new Map(groups.map((group) => [group.group_id, group]));
  const inside = new Map<string, (RunTask | string)[]>();
  const members = new Map<string, RunTask[]>();
  const put = (parent: string, child: RunTask | string) => {
    const children = inside.get(parent);
    if (children) children.push(child);
    else inside.set(parent, [child]);
  };
  const open = (groupId: string): void => {
    if (members.has(groupId)) return;
    members.set(groupId, []);
    const parent = byId.get(groupId)?.parent_id ?? "";
    if (parent) open(parent);
    put(parent, groupId);
  };
  for (const task of tasks) {
    const groupId = task.group_id !== null && byId.has(task.group_id) ? task.group_id : "";
    if (groupId) open(groupId);
    put(groupId, task);
    for (let id = groupId; id; id = byId.get(id)?.parent_id ?? "") members.get(id)?.push(task);
  }
  const rows: Row[] = [];
  const walk = (parent: string, depth: number): void => {
    for (const child of inside.get(parent) ?? []) {
      if (typeof child !== "string") {
        rows.push({ kind: "task", id: child.task_id, task: child, depth });
        continue;
      }
      const group = byId.get(child);
      if (!group) continue;
      const isClosed = closed.has(child);
      rows.push({
        kind: "group",
        id: `group ${child}`,
        group,
        depth,
        counts: added(members.get(child) ?? []),
        closed: isClosed,
      });
      if (!isClosed) walk(child, depth + 1);
    }
  };
  walk("", 0);
  return rows;
}

const KEYS: Record<string, (task: RunTask) => string | number> = {
  task: (task) => task.task_id,
  state: (task) => Object.keys(countsOf(task)).sort().join(" "),
  operator: (task) => task.operator,
  start: (task) => (task.start_date ? Date.parse(task.start_date) : Number.POSITIVE_INFINITY),
  duration: (task) =>
    task.start_date ? (task.end_date ? Date.parse(task.end_date) : serverNow()) - Date.parse(task.start_date) : -1,
  try: (task) => task.try_number,
};

function sorted(tasks: RunTask[], by: string): RunTask[] {
  const key = KEYS[by.replace("-", "")];
  if (!key) return tasks;
  const turn = by.startsWith("-") ? -1 : 1;
  return [...tasks].sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    return one === other ? 0 : one < other ? -turn : turn;
  });
}
