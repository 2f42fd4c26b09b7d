import { createContext, useContext } from "react";
import type { Schema } from "~/api/client";

export type Details = Schema["DAGDetailsResponse"];

/** The DAG that a page is about. */
export const DagContext = createContext<Details | null>(null);

export function useDag(): Details {
  const dag = useContext(DagContext);
  if (dag === null) throw new Error("this is no page of a DAG");
  return dag;
}
