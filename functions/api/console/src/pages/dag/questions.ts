import { $api, type Schema } from "~/api/client";
import type { Said } from "~/filters";
import { spanOf } from "~/runSpan";

/** What the pages of a DAG ask for first: also before their code is there, see ~/early. */

export const RUN_STATES: Schema["DagRunState"][] = ["queued", "running", "success", "failed"];
export const RUN_TYPES: Schema["DagRunType"][] = ["scheduled", "manual", "backfill", "asset_triggered"];
/** How many runs a grid may show. */
export const SIZES = ["10", "25", "50", "100"];
export const USUAL = "25";
const LISTED = 50;

export function dagAsked(dagId: string) {
  return $api.queryOptions("get", "/api/v2/dags/{dag_id}/details", { params: { path: { dag_id: dagId } } });
}

/** The tasks and edges of a version, or of the current one. */
export function structureAsked(dagId: string, version?: number) {
  return $api.queryOptions("get", "/api/v2/dags/{dag_id}/structure", {
    params: { path: { dag_id: dagId }, query: { version_number: version } },
  });
}

export function sizeOf({ one }: Said): string {
  return SIZES.includes(one("limit")) ? one("limit") : USUAL;
}

/** The runs that an address means, in a zone, and the states of their tasks. */
export function gridAsked(dagId: string, said: Said, zone: string) {
  const state = RUN_STATES.find((known) => known === said.one("state"));
  const type = RUN_TYPES.find((known) => known === said.one("type"));
  return $api.queryOptions("get", "/api/v2/dags/{dag_id}/grid", {
    params: {
      path: { dag_id: dagId },
      query: {
        state: state ? [state] : undefined,
        run_type: type ? [type] : undefined,
        ...spanOf(said.one, zone),
        limit: Number(sizeOf(said)),
      },
    },
  });
}

/** The latest runs, of which one is chosen. */
export function runsAsked(dagId: string) {
  return $api.queryOptions("get", "/api/v2/dags/{dag_id}/dagRuns", {
    params: { path: { dag_id: dagId }, query: { limit: LISTED, order_by: ["-run_after"] } },
  });
}

/** The states of the tasks of a run. */
export function statesAsked(dagId: string, runId: string) {
  return $api.queryOptions("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/grid", {
    params: { path: { dag_id: dagId, dag_run_id: runId } },
  });
}

type Run = Schema["DAGRunResponse"];

/** The run that the address names (`?run=`), or else the latest. */
export function pickedOf({ one }: Pick<Said, "one">, runs: Run[]): string | undefined {
  return one("run") || runs[0]?.dag_run_id;
}

/** The number of the version that a run has used last, if it is one of these. */
export function versionOf(runId: string | undefined, runs: Run[]): number | undefined {
  return runs.find((run) => run.dag_run_id === runId)?.dag_versions.at(-1)?.version_number ?? undefined;
}
