import { useQuery } from "@tanstack/react-query";
import { dagAsked } from "../dag/questions";

/** What a page about a DAG's runs needs of the DAG: its name and its time zone. A DAG that is gone has only its id. */
export function useDag(dagId: string) {
  const { data } = useQuery(dagAsked(dagId));
  return { name: data?.dag_display_name ?? dagId, zone: data?.timezone ?? null, paused: data?.is_paused ?? false };
}
