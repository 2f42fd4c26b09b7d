import { SimpleGrid, Stack } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { serverNow } from "~/api/clock";
import { Head } from "~/components/Head";
import { Problem } from "~/components/Problem";
import { Health } from "./home/Health";
import { Failed, Favourites, Next, Running } from "./home/Lists";
import { Numbers } from "./home/Numbers";

const SHOWN = 8;
const OFTEN = 10_000;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** How brisa is: what runs, what has failed, what comes next. */
export function Page() {
  const { t } = useTranslation();
  const dayAgo = useDayAgo();
  const kept = { placeholderData: keepPreviousData };
  const active = $api.useQuery("get", "/api/v2/dags", {
    params: { query: { paused: false, limit: SHOWN, order_by: ["next_dagrun_run_after"] } },
  });
  const paused = $api.useQuery("get", "/api/v2/dags", { params: { query: { paused: true, limit: 0 } } });
  const favourites = $api.useQuery("get", "/api/v2/dags", { params: { query: { is_favorite: true, limit: 20 } } });
  const importErrors = $api.useQuery("get", "/api/v2/importErrors", { params: { query: { limit: 0 } } });
  const running = $api.useQuery("get", RUNS, {
    params: { path: ALL, query: { state: ["running"], order_by: ["-start_date"], limit: SHOWN } },
  });
  const queued = $api.useQuery("get", RUNS, { params: { path: ALL, query: { state: ["queued"], limit: 0 } } });
  const failed = $api.useQuery(
    "get",
    RUNS,
    {
      params: {
        path: ALL,
        query: { state: ["failed"], end_date_gte: dayAgo, order_by: ["-end_date"], limit: SHOWN },
      },
    },
    kept,
  );
  const error = [active, paused, favourites, importErrors, running, queued, failed].find((query) => query.isError);
  return (
    <Stack gap="md">
      <Head title={t("home.title")} />
      <Health />
      {error ? <Problem error={error.error} retry={() => void error.refetch()} /> : null}
      <Numbers
        active={active.data?.total_entries}
        paused={paused.data?.total_entries}
        running={running.data?.total_entries ?? undefined}
        queued={queued.data?.total_entries ?? undefined}
        failed={failed.data?.total_entries ?? undefined}
        importErrors={importErrors.data?.total_entries}
      />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
        <Running found={running.data} />
        <Failed found={failed.data} />
        <Next dags={active.data?.dags} />
        <Favourites dags={favourites.data?.dags} />
      </SimpleGrid>
    </Stack>
  );
}

const RUNS = "/api/v2/dags/{dag_id}/dagRuns";
const ALL = { dag_id: "~" };

/**
 * A day ago, to the minute: what failed before that leaves the list though nothing happens. What is told as so long ago,
 * or in so long, is told anew more often.
 */
function useDayAgo(): string {
  const [now, tick] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => tick(serverNow()), OFTEN);
    return () => clearInterval(timer);
  }, []);
  return new Date(Math.floor((now - DAY) / MINUTE) * MINUTE).toISOString();
}
