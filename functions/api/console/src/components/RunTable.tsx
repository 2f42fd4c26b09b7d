import { Anchor, Checkbox, Stack, Table, Text, Tooltip } from "@mantine/core";
import { IconNote } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import type { operations } from "~/api/schema";
import { useMay } from "~/api/session";
import { pattern, useFilters } from "~/filters";
import { links } from "~/links";
import { RunsActions } from "~/repair/RunsActions";
import { spanOf } from "~/runSpan";
import { Loaded } from "./Loaded";
import { Pager } from "./Pager";
import { RunListFilters } from "./RunListFilters";
import { Selected } from "./Selected";
import { SortHead } from "./SortHead";
import { State } from "./State";
import { Time, useShownZone } from "./Time";
import { Took } from "./Took";

type Run = Schema["DAGRunResponse"];
type Query = NonNullable<operations["get_dag_runs"]["parameters"]["query"]>;
const PAGE = 50;
const LATEST = "-run_after";
/** The API's names of the columns that can be sorted by. */
const SORTS = ["state", "run_id", "dag_id", "logical_date", "run_after", "start_date", "duration"];

/** Runs of one DAG, or of all, the latest first; found by what the address says, and changed together. */
export function RunTable({ dagId }: { dagId?: string }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const zone = useShownZone();
  const [selected, setSelected] = useState<ReadonlyMap<string, Run>>(new Map());
  const offset = filters.number("offset");
  const sort = filters.one("sort");
  const query = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns",
    {
      params: {
        path: { dag_id: dagId ?? "~" },
        query: {
          limit: PAGE,
          offset,
          // The server says so if an address names a state, or a type, that there is not.
          state: filters.many("state") as Query["state"],
          run_type: filters.many("type") as Query["run_type"],
          run_id_pattern: pattern(filters.one("run")),
          dag_id_pattern: dagId === undefined ? pattern(filters.one("dag")) : undefined,
          ...spanOf(filters.one, zone),
          order_by: [SORTS.includes(sort.replace("-", "")) ? sort : LATEST] as Query["order_by"],
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const done = () => setSelected(new Map());
  return (
    <Stack gap="sm">
      <RunListFilters ofAll={dagId === undefined} total={query.data?.total_entries ?? undefined} />
      <Loaded query={query} lines={12}>
        {({ dag_runs: runs, total_entries: total }) => (
          <>
            {runs.length ? (
              <List runs={runs} ofAll={dagId === undefined} selected={selected} onSelect={setSelected} />
            ) : (
              <Text size="sm">{t(filters.any ? "common.empty.filtered" : "runs.none")}</Text>
            )}
            <Pager
              offset={offset}
              limit={PAGE}
              total={total ?? 0}
              onMove={(to) => filters.set({ offset: String(to) })}
            />
          </>
        )}
      </Loaded>
      <Selected count={selected.size} onClear={done}>
        <RunsActions
          runs={[...selected.values()].map(({ dag_id, dag_run_id }) => ({ dag_id, dag_run_id }))}
          onDone={done}
        />
      </Selected>
    </Stack>
  );
}

function keyOf(run: Run): string {
  return JSON.stringify([run.dag_id, run.dag_run_id]);
}

interface ListProps {
  runs: Run[];
  ofAll: boolean;
  selected: ReadonlyMap<string, Run>;
  onSelect: (selected: ReadonlyMap<string, Run>) => void;
}

function List({ runs, ofAll, selected, onSelect }: ListProps) {
  const { t } = useTranslation();
  const filters = useFilters();
  const mayEdit = useMay("runs:edit");
  const mayDelete = useMay("runs:delete");
  const may = mayEdit || mayDelete;
  const every = runs.every((run) => selected.has(keyOf(run)));
  const toggle = (some: Run[], on: boolean) => {
    const now = new Map(selected);
    for (const run of some) on ? now.set(keyOf(run), run) : now.delete(keyOf(run));
    onSelect(now);
  };
  const head = { sort: filters.one("sort"), onSort: (sort: string | null) => filters.set({ sort }) };
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={4} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {may ? (
              <Table.Th w={32}>
                <Checkbox
                  size="xs"
                  aria-label={t("run.tasks.selectAll")}
                  checked={every}
                  indeterminate={!every && runs.some((run) => selected.has(keyOf(run)))}
                  onChange={() => toggle(runs, !every)}
                />
              </Table.Th>
            ) : null}
            <SortHead name="state" label={t("runs.columns.state")} {...head} />
            {ofAll ? <SortHead name="dag_id" label={t("runs.columns.dag")} {...head} /> : null}
            <SortHead name="run_id" label={t("runs.columns.run")} {...head} />
            <Table.Th visibleFrom="md">{t("runs.columns.type")}</Table.Th>
            <SortHead name="run_after" label={t("runs.columns.runAfter")} visibleFrom="sm" {...head} />
            <SortHead name="duration" label={t("runs.columns.duration")} {...head} />
            <Table.Th visibleFrom="lg">{t("runs.columns.by")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={keyOf(run)}>
              {may ? (
                <Table.Td>
                  <Checkbox
                    size="xs"
                    aria-label={t("run.tasks.select", { name: `${run.dag_id} ${run.dag_run_id}` })}
                    checked={selected.has(keyOf(run))}
                    onChange={(event) => toggle([run], event.currentTarget.checked)}
                  />
                </Table.Td>
              ) : null}
              <Cells run={run} ofAll={ofAll} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cells({ run, ofAll }: { run: Run; ofAll: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Table.Td>
        <State state={run.state} />
      </Table.Td>
      {ofAll ? (
        <Table.Td miw={130}>
          <Anchor component={Link} to={links.dag(run.dag_id)} size="sm" className="anywhere">
            {run.dag_display_name}
          </Anchor>
        </Table.Td>
      ) : null}
      <Table.Td miw={170}>
        <Anchor component={Link} to={links.run(run.dag_id, run.dag_run_id)} size="sm" className="anywhere">
          {run.dag_run_id}
        </Anchor>{" "}
        {run.note ? (
          <Tooltip label={run.note} multiline maw={360}>
            <IconNote size={16} role="img" aria-label={t("run.tasks.noted")} />
          </Tooltip>
        ) : null}
      </Table.Td>
      <Table.Td visibleFrom="md">{t(`run.types.${run.run_type}`)}</Table.Td>
      <Table.Td visibleFrom="sm" style={{ whiteSpace: "nowrap" }}>
        <Time at={run.run_after} />
      </Table.Td>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        <Took start={run.start_date} end={run.end_date} seconds={run.duration} />
      </Table.Td>
      <Table.Td visibleFrom="lg" miw={110} className="anywhere">
        {[run.triggered_by ? t(`run.by.${run.triggered_by}`) : "", run.triggering_user_name ?? ""]
          .filter(Boolean)
          .join(" · ")}
      </Table.Td>
    </>
  );
}
