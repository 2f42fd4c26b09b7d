import { $api, type Schema } from "~/api/client";

export type Instance = Schema["TaskInstanceResponse"];
export type Attempt = Schema["TaskInstanceHistoryResponse"];

/** Which task instance: map index -1 is that of a task that is not mapped. */
export interface Ids {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
}

/** As the API names it in its paths. */
export function pathOf({ dagId, runId, taskId }: Ids) {
  return { dag_id: dagId, dag_run_id: runId, task_id: taskId };
}

/** A task instance. */
export function useInstance(ids: Ids) {
  return $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}", {
    params: { path: { ...pathOf(ids), map_index: ids.mapIndex } },
  });
}

/** Its tries, the present one last. */
export function useTries(ids: Ids) {
  return $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries", {
    params: { path: pathOf(ids), query: { map_index: ids.mapIndex } },
  });
}

const WAITS = new Set([null, "scheduled", "queued"]);
const RUNS = new Set(["running", "restarting"]);

/** Whether it has not begun yet, and something may hold it. */
export function waits(one: Instance): boolean {
  return WAITS.has(one.state);
}

/** Whether it writes to its log now. */
export function runs(one: Instance): boolean {
  return RUNS.has(one.state ?? "");
}
