import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { $api } from "~/api/client";
import { useShownZone } from "~/components/Time";
import type { Counts } from "~/states";
import { dayOf, instantOf } from "~/wallclock";
import type { Span } from "./days";

export interface Day {
  /** Runs, by state. */
  counts: Counts;
  planned: number;
}

const MOST_PLANNED = 500;

/** What was and will be on the days of a span, in the zone that times are shown in. */
export function useDays(dagId: string, span: Span) {
  const zone = useShownZone();
  const calendar = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/calendar",
    {
      params: {
        path: { dag_id: dagId },
        query: {
          run_after_gte: instantOf(span.from, zone) ?? "",
          run_after_lt: instantOf(span.until, zone) ?? "",
          timezone: zone,
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const next = $api.useQuery("get", "/api/v2/dags/{dag_id}/nextRuns", {
    params: { path: { dag_id: dagId }, query: { limit: MOST_PLANNED } },
  });
  const days = useMemo(() => {
    const found = new Map<string, Day>();
    for (const { date, states } of calendar.data?.days ?? []) found.set(date, { counts: states, planned: 0 });
    for (const { run_after } of next.data?.next_runs ?? []) {
      const date = dayOf(Date.parse(run_after), zone);
      const day = found.get(date) ?? { counts: {}, planned: 0 };
      found.set(date, { ...day, planned: day.planned + 1 });
    }
    return found;
  }, [calendar.data, next.data, zone]);
  return { calendar, days, due: next.data?.due ?? 0, zone };
}
