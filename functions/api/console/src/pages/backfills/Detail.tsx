import { Alert, Anchor, Stack, Table, Text, Title } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { $api, type Schema } from "~/api/client";
import { Facts } from "~/components/Facts";
import { Head } from "~/components/Head";
import { Json } from "~/components/Json";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { State } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { Actions } from "./Actions";
import { Bar } from "./Bar";
import { Status } from "./Status";

const PAGE = 25;
const REPROCESS = { none: "reprocessNone", failed: "reprocessFailed", completed: "reprocessCompleted" } as const;

/** One backfill: what was asked for, how far it has come, and its runs. */
export function Page() {
  const { t } = useTranslation();
  const id = useParams().backfillId ?? "";
  const query = $api.useQuery("get", "/api/v2/backfills/{backfill_id}", {
    params: { path: { backfill_id: Number(id) } },
  });
  return (
    <Stack gap="sm">
      <Anchor component={Link} to={links.backfills()} size="sm">
        {t("backfills.title")}
      </Anchor>
      <Loaded query={query} lines={6}>
        {(backfill) => (
          <>
            <Head title={t("backfills.of", { id: backfill.id })}>
              <Actions backfill={backfill} />
            </Head>
            {backfill.note ? <Alert color="yellow">{t("backfills.pausedBy", { note: backfill.note })}</Alert> : null}
            <Bar backfill={backfill} />
            <About backfill={backfill} />
            <Runs backfill={backfill} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function About({ backfill }: { backfill: Schema["BackfillResponse"] }) {
  const { t } = useTranslation();
  const conf = backfill.dag_run_conf ?? {};
  return (
    <Facts
      facts={[
        [t("backfills.columns.state"), <Status key="state" backfill={backfill} />],
        [
          t("backfills.columns.dag"),
          <Anchor key="dag" component={Link} to={links.dag(backfill.dag_id)} size="sm" className="anywhere">
            {backfill.dag_display_name}
          </Anchor>,
        ],
        [
          t("backfills.columns.range"),
          <span key="range">
            <Time at={backfill.from_date} /> – <Time at={backfill.to_date} />
          </span>,
        ],
        [t("backfills.next"), backfill.next_date ? <Time key="next" at={backfill.next_date} /> : null],
        [t("backfills.reprocess"), t(`backfills.form.${REPROCESS[backfill.reprocess_behavior]}`)],
        [t("backfills.maxActive"), String(backfill.max_active_runs)],
        [t("backfills.made"), <Time key="made" at={backfill.created_at} />],
        [t("backfills.completed"), backfill.completed_at ? <Time key="over" at={backfill.completed_at} /> : null],
        [
          t("backfills.conf"),
          Object.keys(conf).length ? <Json key="conf" value={conf} what={t("backfills.conf")} /> : null,
        ],
      ]}
    />
  );
}

function Runs({ backfill }: { backfill: Schema["BackfillResponse"] }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const offset = filters.number("offset");
  const query = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns",
    {
      params: {
        path: { dag_id: backfill.dag_id },
        query: {
          logical_date_gte: backfill.from_date,
          logical_date_lte: backfill.to_date,
          order_by: ["logical_date"],
          limit: PAGE,
          offset,
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <>
      <Title order={2} size="h5">
        {t("backfills.runs.title")}
      </Title>
      <Loaded query={query} lines={6}>
        {({ dag_runs, total_entries }) =>
          total_entries === 0 ? (
            <Text size="sm">{t("backfills.runs.none")}</Text>
          ) : (
            <>
              <List runs={dag_runs} />
              <Pager
                offset={offset}
                limit={PAGE}
                total={total_entries ?? 0}
                onMove={(to) => filters.set({ offset: String(to) })}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function List({ runs }: { runs: Schema["DAGRunResponse"][] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("backfills.run.date")}</Table.Th>
            <Table.Th>{t("backfills.run.state")}</Table.Th>
            <Table.Th>{t("backfills.run.duration")}</Table.Th>
            <Table.Th>{t("backfills.run.run")}</Table.Th>
            <Table.Th>{t("backfills.run.kind")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.dag_run_id}>
              <Table.Td>
                <Time at={run.logical_date} />
              </Table.Td>
              <Table.Td>
                <State state={run.state} />
              </Table.Td>
              <Table.Td>
                <Took start={run.start_date} end={run.end_date} />
              </Table.Td>
              <Table.Td>
                <Anchor component={Link} to={links.run(run.dag_id, run.dag_run_id)} size="sm" className="anywhere">
                  {run.dag_run_id}
                </Anchor>
              </Table.Td>
              <Table.Td>{t(`run.types.${run.run_type}`)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
