import { Group, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { serverNow } from "~/api/clock";
import { Legend } from "~/components/Legend";
import { Loaded } from "~/components/Loaded";
import { Problem } from "~/components/Problem";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { byUrgency, type Counts, isOver } from "~/states";
import { between, duration } from "~/time";
import { useTitle } from "~/title";
import { useDag } from "../context";
import { neighbours } from "../graph/model";
import { structureAsked } from "../questions";
import { RunPicker, usePickedRun } from "../RunPicker";
import { Chart } from "./Chart";
import classes from "./Chart.module.css";
import { barsOf, reachOf } from "./timeline";

/** When each task of a run ran. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  const { query, runId, runs, none } = usePickedRun(dag.dag_id);
  useTitle(t("dag.tabs.gantt"), dag.dag_display_name);
  const timeline = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/timeline",
    { params: { path: { dag_id: dag.dag_id, dag_run_id: runId ?? "" } } },
    { enabled: runId !== undefined },
  );
  return (
    <Stack gap="sm">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.gantt")}</Title>
      </VisuallyHidden>
      <RunPicker runId={runId} runs={runs} />
      {none ? <Text>{t("dag.runs.noneYet")}</Text> : null}
      {query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : null}
      {none || (query.isError && runId === undefined) ? null : (
        <Loaded query={timeline} lines={12}>
          {(found) => <Shown dagId={dag.dag_id} timeline={found} />}
        </Loaded>
      )}
    </Stack>
  );
}

function Shown({ dagId, timeline }: { dagId: string; timeline: Schema["RunTimelineResponse"] }) {
  const { t } = useTranslation();
  const { run, instances } = timeline;
  const now = useNow(!isOver(run.state));
  const structure = useQuery({
    ...structureAsked(dagId, run.version_number ?? undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { bars, notBegun } = useMemo(() => {
    const around = structure.data ? neighbours(structure.data) : undefined;
    const upstream = (taskId: string) => around?.get(taskId)?.upstream ?? [];
    // Without the structure nothing is known of what comes before what.
    return barsOf(instances, { now, runStart: around ? run.start_date : null, upstream });
  }, [instances, now, run.start_date, structure.data]);
  const reach = reachOf(bars, run.start_date, run.end_date);
  const states = useMemo(() => {
    const counts: Counts = {};
    for (const { state } of bars) counts[state] = 1;
    return byUrgency(counts).map(([state]) => state);
  }, [bars]);
  return (
    <>
      <Group gap="4px 16px">
        <State state={run.state} />
        <Text size="sm">
          <Time at={run.start_date} />
        </Text>
        {run.start_date ? <Text size="sm">{duration(between(run.start_date, run.end_date))}</Text> : null}
      </Group>
      {bars.length === 0 ? (
        <Text>{t("dag.gantt.nothing")}</Text>
      ) : (
        <Chart dagId={dagId} runId={run.dag_run_id} bars={bars} reach={reach} />
      )}
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Legend states={states} />
          {bars.some((bar) => bar.readyAt !== null) ? (
            <Group gap={6} wrap="nowrap">
              <span className={classes.sample} aria-hidden="true" />
              <Text size="xs">{t("dag.gantt.waited")}</Text>
            </Group>
          ) : null}
        </Group>
        {notBegun > 0 ? <Text size="xs">{t("dag.gantt.hidden", { count: notBegun })}</Text> : null}
      </Group>
    </>
  );
}

/** The server's time; while something goes on it advances. */
function useNow(goesOn: boolean): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(() => setNow(serverNow()), 1000);
    return () => clearInterval(timer);
  }, [goesOn]);
  return now;
}
