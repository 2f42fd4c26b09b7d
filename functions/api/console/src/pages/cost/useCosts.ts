import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, type Schema } from "~/api/client";

const PAGE = 50;
/** It is of a month: what happens in a minute does not change it. */
const OFTEN = 5 * 60_000;

export interface Costs {
  currency: string;
  region: string;
  idle: number;
  /** The dearest first; those that are counted so far. */
  dags: Schema["DagCost"][];
  total: number;
}

/** What each DAG costs. Each is computed by the server, so that many come page by page. */
export function useCosts() {
  const query = useInfiniteQuery({
    queryKey: ["costs"],
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await api.GET("/api/v2/cost", { params: { query: { limit: PAGE, offset: pageParam } }, signal });
      if (data === undefined) throw new Error("no answer");
      return data;
    },
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const read = pages.reduce((sum, page) => sum + page.dags.length, 0);
      return last.dags.length && read < last.total_entries ? read : undefined;
    },
    staleTime: OFTEN,
  });
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const costs = useMemo((): Costs | undefined => {
    const first = query.data?.pages[0];
    if (!first) return undefined;
    const dags = query.data?.pages.flatMap((page) => page.dags) ?? [];
    return {
      currency: first.currency,
      region: first.region,
      idle: first.idle_usd,
      dags: dags.sort((one, other) => other.usd - one.usd || one.dag_id.localeCompare(other.dag_id)),
      total: first.total_entries,
    };
  }, [query.data]);
  return { query, costs };
}
