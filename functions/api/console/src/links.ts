/** Addresses of pages: ids may hold any character. */
const part = encodeURIComponent;

export const links = {
  home: () => "/",
  dags: () => "/dags",
  dag: (dagId: string, tab = "") => `/dags/${part(dagId)}${tab && `/${tab}`}`,
  run: (dagId: string, runId: string, tab = "") => `/dags/${part(dagId)}/runs/${part(runId)}${tab && `/${tab}`}`,
  task: (dagId: string, runId: string, taskId: string, mapIndex = -1, tab = "") =>
    `/dags/${part(dagId)}/runs/${part(runId)}/tasks/${part(taskId)}${tab && `/${tab}`}${mapIndex >= 0 ? `?map_index=${mapIndex}` : ""}`,
  runs: () => "/runs",
  backfills: () => "/backfills",
  backfill: (id: number) => `/backfills/${id}`,
  assets: () => "/assets",
  asset: (id: number) => `/assets/${id}`,
  variables: () => "/admin/variables",
  connections: () => "/admin/connections",
  pools: () => "/admin/pools",
  importErrors: () => "/import-errors",
  audit: () => "/audit",
  users: () => "/admin/users",
  cost: () => "/cost",
  login: (next?: string) => `/auth/login${next ? `?next=${part(next)}` : ""}`,
};
