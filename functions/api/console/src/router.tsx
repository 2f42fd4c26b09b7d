import { createBrowserRouter, type LoaderFunction, type RouteObject } from "react-router";
import { follow } from "./address";
import { Failed } from "./components/Failed";
import { Gone } from "./components/Gone";
import * as early from "./early";
import { Shell } from "./layout/Shell";

/** While the first page is loaded. */
function Nothing() {
  return null;
}

type Load = () => Promise<{ Page: React.ComponentType }>;

interface More {
  /** Asks for what the page shows. */
  asks?: LoaderFunction;
  children?: RouteObject[];
}

/** A page that is loaded when somebody first goes there; its module exports it as `Page`. */
function lazily(load: Load, asks?: LoaderFunction) {
  return {
    lazy: async () => ({ Component: (await load()).Page }),
    HydrateFallback: Nothing,
    ...(asks ? { loader: asks } : {}),
  };
}

function page(path: string, load: Load, { asks, children }: More = {}): RouteObject {
  return { path, ...lazily(load, asks), ...(children ? { children } : {}) };
}

const dag = page("dags/:dagId", () => import("./pages/dag/Dag"), {
  asks: early.dag,
  children: [
    { index: true, ...lazily(() => import("./pages/dag/grid/Grid"), early.grid) },
    page("graph", () => import("./pages/dag/graph/Graph"), { asks: early.graph }),
    page("gantt", () => import("./pages/dag/gantt/Gantt")),
    page("calendar", () => import("./pages/dag/calendar/Calendar")),
    page("code", () => import("./pages/dag/code/Code")),
    page("runs", () => import("./pages/dag/Runs")),
    page("details", () => import("./pages/dag/details/Details")),
  ],
});

/** Paths are Airflow's where it has the page. Everything shown is told by the address alone: each view has a link. */
export const router = createBrowserRouter([
  page("/auth/login", () => import("./pages/Login")),
  {
    path: "/",
    element: <Shell />,
    loader: early.me,
    shouldRevalidate: () => false,
    errorElement: <Failed />,
    HydrateFallback: Nothing,
    children: [
      {
        errorElement: <Failed />,
        children: [
          { index: true, ...lazily(() => import("./pages/Home")) },
          page("dags", () => import("./pages/Dags"), { asks: early.dags }),
          dag,
          page("runs", () => import("./pages/Runs")),
          page("dags/:dagId/trigger", () => import("./pages/trigger/Trigger")),
          page("dags/:dagId/runs/:runId/:tab?", () => import("./pages/run/Run")),
          page("dags/:dagId/runs/:runId/tasks/:taskId/:tab?", () => import("./pages/task/Task")),
          page("backfills", () => import("./pages/backfills/Page")),
          page("backfills/:backfillId", () => import("./pages/backfills/Detail")),
          page("assets", () => import("./pages/assets/Page")),
          page("assets/:assetId", () => import("./pages/assets/Detail")),
          page("admin/variables", () => import("./pages/variables/Page")),
          page("admin/connections", () => import("./pages/connections/Page")),
          page("admin/pools", () => import("./pages/pools/Page")),
          page("admin/users", () => import("./pages/users/Page")),
          page("import-errors", () => import("./pages/importErrors/Page")),
          page("audit", () => import("./pages/audit/Page")),
          page("cost", () => import("./pages/cost/Page")),
          { path: "*", element: <Gone /> },
        ],
      },
    ],
  },
]);

follow(router);
