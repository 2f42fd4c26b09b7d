import { $api, type Schema } from "~/api/client";
import { pattern, type Said } from "~/filters";

/** DAGs on a page of the list. */
export const PAGE = 50;
const RUNS = 14;

/** The DAGs that an address means. */
export function dagsAsked({ one, many, number }: Said) {
  const paused = one("paused");
  return $api.queryOptions("get", "/api/v2/dags", {
    params: {
      query: {
        limit: PAGE,
        offset: number("offset"),
        dag_display_name_pattern: pattern(one("search")),
        tags: many("tags"),
        tags_match_mode: "all",
        owners: many("owners"),
        paused: paused ? paused === "true" : undefined,
        last_dag_run_state: (one("state") || undefined) as Schema["DagRunState"] | undefined,
        is_favorite: one("favourites") ? true : undefined,
        order_by: ["dag_display_name"],
      },
    },
  });
}

/** The latest runs of each of these. */
export function recentAsked(dags: { dag_id: string }[]) {
  return $api.queryOptions("get", "/api/v2/recentRuns", {
    params: { query: { dag_ids: dags.map((dag) => dag.dag_id), limit: RUNS } },
  });
}

/** Those that somebody has marked. */
export function favouritesAsked() {
  return $api.queryOptions("get", "/api/v2/dags", { params: { query: { is_favorite: true, limit: 100 } } });
}
