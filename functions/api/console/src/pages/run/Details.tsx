import { Anchor, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { Copy } from "~/components/Copy";
import { Facts } from "~/components/Facts";
import { Json } from "~/components/Json";
import { Loaded } from "~/components/Loaded";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { links } from "~/links";

type Run = Schema["DAGRunResponse"];

/** All that is known of a run: its dates and ids, what it was given, and what triggered it. */
export function Details({ run }: { run: Run }) {
  const { t } = useTranslation();
  const time = (at: string | null) => (at ? <Time at={at} /> : null);
  const version = run.dag_versions.at(-1)?.version_number;
  return (
    <Stack>
      <Facts
        facts={[
          [
            t("run.facts.dag"),
            <Anchor component={Link} key="dag" to={links.dag(run.dag_id)} size="sm" underline="always">
              {run.dag_id}
            </Anchor>,
          ],
          [
            t("run.facts.id"),
            <Group key="id" gap={4} wrap="nowrap">
              {run.dag_run_id} <Copy text={run.dag_run_id} what={t("run.facts.id")} />
            </Group>,
          ],
          [t("run.facts.state"), <State key="state" state={run.state} />],
          [t("run.facts.type"), t(`run.types.${run.run_type}`)],
          [t("run.facts.triggeredBy"), run.triggered_by ? t(`run.by.${run.triggered_by}`) : null],
          [t("run.facts.user"), run.triggering_user_name],
          [t("run.facts.logicalDate"), time(run.logical_date)],
          [t("run.facts.intervalStart"), time(run.data_interval_start)],
          [t("run.facts.intervalEnd"), time(run.data_interval_end)],
          [t("run.facts.runAfter"), time(run.run_after)],
          [t("run.facts.queued"), time(run.queued_at)],
          [t("run.facts.start"), time(run.start_date)],
          [t("run.facts.end"), time(run.end_date)],
          [
            t("run.facts.duration"),
            run.start_date ? (
              <Took key="took" start={run.start_date} end={run.end_date} seconds={run.duration} />
            ) : null,
          ],
          [t("run.facts.version"), version ? t("run.facts.versionNumber", { number: version }) : null],
          [t("run.facts.partition"), run.partition_key],
          [t("run.facts.partitionDate"), time(run.partition_date)],
        ]}
      />
      <Title order={2} size="h5">
        {t("run.facts.conf")}
      </Title>
      {run.conf && Object.keys(run.conf).length ? (
        <Json value={run.conf} what={t("run.facts.conf")} />
      ) : (
        <Text size="sm">{t("run.facts.noConf")}</Text>
      )}
      {run.run_type === "asset_triggered" ? <Events run={run} /> : null}
    </Stack>
  );
}

function Events({ run }: { run: Run }) {
  const { t } = useTranslation();
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents", {
    params: { path: { dag_id: run.dag_id, dag_run_id: run.dag_run_id } },
  });
  return (
    <>
      <Title order={2} size="h5">
        {t("run.facts.events")}
      </Title>
      <Loaded query={query} lines={2}>
        {({ asset_events: events }) =>
          events.length ? (
            <Table.ScrollContainer minWidth={0}>
              <Table verticalSpacing={4}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("run.facts.asset")}</Table.Th>
                    <Table.Th>{t("run.facts.when")}</Table.Th>
                    <Table.Th>{t("run.facts.source")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {events.map((event) => (
                    <Table.Tr key={event.id}>
                      <Table.Td className="anywhere">{event.name ?? event.uri}</Table.Td>
                      <Table.Td>
                        <Time at={event.timestamp} />
                      </Table.Td>
                      <Table.Td className="anywhere">
                        <Source event={event} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          ) : (
            <Text size="sm">{t("run.facts.noEvents")}</Text>
          )
        }
      </Loaded>
    </>
  );
}

function Source({ event }: { event: Schema["AssetEventResponse"] }) {
  const { source_dag_id: dagId, source_run_id: runId, source_task_id: taskId, source_map_index: index } = event;
  if (!dagId) return "–";
  const to = runId ? (taskId ? links.task(dagId, runId, taskId, index) : links.run(dagId, runId)) : links.dag(dagId);
  return (
    <Anchor component={Link} to={to} size="sm" underline="always">
      {[dagId, taskId].filter(Boolean).join(" › ")}
    </Anchor>
  );
}
