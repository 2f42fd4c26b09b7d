import { Anchor, Stack, Table, Text, Title } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { Json } from "~/components/Json";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { links } from "~/links";

const PAGE = 25;

/** What has happened to an asset, the latest first. */
export function Events({ asset }: { asset: Schema["AssetResponse"] }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const offset = filters.number("offset");
  const query = $api.useQuery(
    "get",
    "/api/v2/assets/events",
    { params: { query: { asset_id: asset.id, order_by: ["-timestamp"], limit: PAGE, offset } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <>
      <Title order={2} size="h5">
        {t("assets.events.title")}
      </Title>
      <Loaded query={query} lines={4}>
        {({ asset_events, total_entries }) =>
          total_entries === 0 ? (
            <Text size="sm">{t("assets.events.none")}</Text>
          ) : (
            <>
              <List events={asset_events} />
              <Pager
                offset={offset}
                limit={PAGE}
                total={total_entries}
                onMove={(to) => filters.set({ offset: String(to) })}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function List({ events }: { events: Schema["AssetEventResponse"][] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("assets.events.when")}</Table.Th>
            <Table.Th>{t("assets.events.source")}</Table.Th>
            <Table.Th>{t("assets.events.runs")}</Table.Th>
            <Table.Th>{t("assets.events.extra")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Table.Tr key={event.id} style={{ verticalAlign: "top" }}>
              <Table.Td>
                <Time at={event.timestamp} />
              </Table.Td>
              <Table.Td>
                <Source event={event} />
              </Table.Td>
              <Table.Td>
                {event.created_dagruns.length ? null : "–"}
                <Stack gap={2}>
                  {event.created_dagruns.map((run) => (
                    <div key={`${run.dag_id} ${run.run_id}`}>
                      <Anchor component={Link} to={links.run(run.dag_id, run.run_id)} size="sm" className="anywhere">
                        {run.dag_id}
                      </Anchor>{" "}
                      <State state={run.state} />
                    </div>
                  ))}
                </Stack>
              </Table.Td>
              <Table.Td>
                {event.extra && Object.keys(event.extra).length ? (
                  <Json value={event.extra} what={`${t("assets.events.extra")}, ${event.timestamp}`} />
                ) : (
                  "–"
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Source({ event }: { event: Schema["AssetEventResponse"] }) {
  const { t } = useTranslation();
  const { source_dag_id: dagId, source_run_id: runId, source_task_id: taskId } = event;
  if (!dagId || !runId || !taskId) return <>{t("assets.events.byHand")}</>;
  return (
    <Anchor
      component={Link}
      to={links.task(dagId, runId, taskId, event.source_map_index)}
      size="sm"
      className="anywhere"
    >
      {dagId} · {taskId}
    </Anchor>
  );
}
