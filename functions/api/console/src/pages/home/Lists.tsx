import { Anchor, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { RunStrip } from "~/components/RunStrip";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { links } from "~/links";
import { Rerun } from "./Rerun";
import { RunItem } from "./RunItem";
import { Section } from "./Section";

type Runs = Schema["DAGRunCollectionResponse"] | undefined;
type Dags = Schema["DAGResponse"][] | undefined;

/** What runs, and for how long it has. */
export function Running({ found }: { found: Runs }) {
  const { t } = useTranslation();
  return (
    <Section title={t("home.running.title")} none={t("home.running.none")} all={<Rest found={found} state="running" />}>
      {found?.dag_runs.map((run) => (
        <RunItem key={`${run.dag_id} ${run.dag_run_id}`} run={run}>
          <Took start={run.start_date} end={null} />
        </RunItem>
      ))}
    </Section>
  );
}

/** What has failed, and a way to run it again. */
export function Failed({ found }: { found: Runs }) {
  const { t } = useTranslation();
  return (
    <Section title={t("home.failed.title")} none={t("home.failed.none")} all={<Rest found={found} state="failed" />}>
      {found?.dag_runs.map((run) => (
        <RunItem key={`${run.dag_id} ${run.dag_run_id}`} run={run}>
          <Group gap="xs" wrap="nowrap">
            <Time at={run.end_date} relative />
            <Rerun run={run} />
          </Group>
        </RunItem>
      ))}
    </Section>
  );
}

function Rest({ found, state }: { found: Runs; state: string }) {
  const { t } = useTranslation();
  const left = (found?.total_entries ?? 0) - (found?.dag_runs.length ?? 0);
  if (left <= 0) return null;
  return (
    <Anchor component={Link} to={`${links.runs()}?state=${state}`} size="sm">
      {t("home.more", { count: left })}
    </Anchor>
  );
}

/** What schedules will begin, the earliest first. */
export function Next({ dags }: { dags: Dags }) {
  const { t } = useTranslation();
  return (
    <Section title={t("home.next.title")} none={t("home.next.none")}>
      {dags
        ?.filter((dag) => dag.next_dagrun_run_after)
        .map((dag) => (
          <Group key={dag.dag_id} component="li" justify="space-between" gap="xs" wrap="nowrap">
            <Anchor component={Link} to={links.dag(dag.dag_id)} size="sm" fw={500} className="anywhere">
              {dag.dag_display_name}
            </Anchor>
            <Text size="sm" style={{ flexShrink: 0 }}>
              <Time at={dag.next_dagrun_run_after} relative />
            </Text>
          </Group>
        ))}
    </Section>
  );
}

/** The DAGs with a star, and how their latest runs went. */
export function Favourites({ dags }: { dags: Dags }) {
  const { t } = useTranslation();
  const recent = $api.useQuery(
    "get",
    "/api/v2/recentRuns",
    { params: { query: { dag_ids: dags?.map((dag) => dag.dag_id) ?? [], limit: 10 } } },
    { enabled: Boolean(dags?.length) },
  );
  const runs = new Map(recent.data?.dags.map((one) => [one.dag_id, one.runs]));
  return (
    <Section title={t("home.favourites.title")} none={t("home.favourites.none")}>
      {dags?.map((dag) => (
        <Group key={dag.dag_id} component="li" justify="space-between" gap="xs" wrap="nowrap">
          <Anchor component={Link} to={links.dag(dag.dag_id)} size="sm" fw={500} className="anywhere">
            {dag.dag_display_name}
          </Anchor>
          <RunStrip dagId={dag.dag_id} name={dag.dag_display_name} runs={runs.get(dag.dag_id) ?? []} />
        </Group>
      ))}
    </Section>
  );
}
