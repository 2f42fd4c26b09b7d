import { Anchor, Checkbox, Group, MultiSelect, Stack, Table, Text, Title, Tooltip } from "@mantine/core";
import { IconNote } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api } from "~/api/client";
import type { operations } from "~/api/schema";
import { useMay } from "~/api/session";
import { Counts } from "~/components/Counts";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Selected } from "~/components/Selected";
import { SortHead } from "~/components/SortHead";
import { State, useStateWord } from "~/components/State";
import { Time } from "~/components/Time";
import { Took } from "~/components/Took";
import { useFilters } from "~/filters";
import { links } from "~/links";
import type { RunTask } from "~/pages/run/rows";
import { TaskActions } from "~/repair/TaskActions";
import { type Ids, type Instance, pathOf } from "./useInstance";

const PAGE = 100;
type Query = NonNullable<operations["get_mapped_task_instances"]["parameters"]["query"]>;
type Sort = NonNullable<Query["order_by"]>[number];
/** The API's names of the columns that can be sorted by. */
const SORTS = ["map_index", "state", "start_date", "duration"] as const;

/** The instances of a mapped task, found by state; those selected are cleared or marked together. */
export function Instances({ task, ...ids }: Omit<Ids, "mapIndex"> & { mapIndex: number; task: RunTask }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const word = useStateWord();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const offset = filters.number("offset");
  const sort = filters.one("sort");
  const sorted = SORTS.some((name) => name === sort.replace("-", ""));
  const query = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped",
    {
      params: {
        path: pathOf(ids),
        query: {
          limit: PAGE,
          offset,
          // The server says so if an address names a state that there is not.
          state: filters.many("state") as Query["state"],
          order_by: [sorted ? (sort as Sort) : "map_index"],
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const counts = task.counts ?? {};
  const states = [...new Set([...Object.keys(counts), ...filters.many("state")])].sort();
  const all = { dagId: ids.dagId, runId: ids.runId };
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start">
        <Group gap="sm">
          <Title order={1} size="h4" className="anywhere">
            {task.task_id}
          </Title>
          <Counts counts={counts} to={(state) => `?state=${state}`} />
        </Group>
        <TaskActions {...all} targets={[{ taskId: ids.taskId, mapIndex: null }]} />
      </Group>
      <Group justify="space-between">
        <MultiSelect
          size="xs"
          w={240}
          aria-label={t("run.tasks.states")}
          placeholder={filters.many("state").length ? undefined : t("run.tasks.states")}
          data={states.map((state) => ({ value: state, label: word(state) }))}
          value={filters.many("state")}
          onChange={(state) => filters.set({ state })}
          clearable
        />
        <Text size="sm" role="status">
          {query.data ? t("task.instances.count", { count: query.data.total_entries ?? 0 }) : ""}
        </Text>
      </Group>
      <Loaded query={query} lines={10}>
        {({ task_instances: found, total_entries: total }) => (
          <>
            {found.length ? (
              <List ids={ids} found={found} selected={selected} onSelect={setSelected} />
            ) : (
              <Text size="sm">{t(filters.any ? "common.empty.filtered" : "task.instances.none")}</Text>
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
      <Selected count={selected.size} onClear={() => setSelected(new Set())}>
        <TaskActions
          {...all}
          targets={[...selected].map((mapIndex) => ({ taskId: ids.taskId, mapIndex }))}
          onDone={() => setSelected(new Set())}
        />
      </Selected>
    </Stack>
  );
}

interface ListProps {
  ids: Omit<Ids, "mapIndex">;
  found: Instance[];
  selected: ReadonlySet<number>;
  onSelect: (selected: ReadonlySet<number>) => void;
}

function List({ ids, found, selected, onSelect }: ListProps) {
  const { t } = useTranslation();
  const filters = useFilters();
  const may = useMay("runs:edit");
  const every = found.every((one) => selected.has(one.map_index));
  const toggle = (indexes: number[], on: boolean) => {
    const now = new Set(selected);
    for (const index of indexes) on ? now.add(index) : now.delete(index);
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
                  indeterminate={!every && found.some((one) => selected.has(one.map_index))}
                  onChange={() =>
                    toggle(
                      found.map((one) => one.map_index),
                      !every,
                    )
                  }
                />
              </Table.Th>
            ) : null}
            <SortHead name="map_index" label={t("task.instances.index")} {...head} />
            <SortHead name="state" label={t("run.tasks.columns.state")} {...head} />
            <SortHead name="start_date" label={t("run.tasks.columns.start")} visibleFrom="sm" {...head} />
            <SortHead name="duration" label={t("run.tasks.columns.duration")} {...head} />
            <Table.Th visibleFrom="sm">{t("run.tasks.columns.try")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.map((one) => (
            <Table.Tr key={one.map_index}>
              {may ? (
                <Table.Td>
                  <Checkbox
                    size="xs"
                    aria-label={t("run.tasks.select", { name: `${one.task_id} [${one.map_index}]` })}
                    checked={selected.has(one.map_index)}
                    onChange={(event) => toggle([one.map_index], event.currentTarget.checked)}
                  />
                </Table.Td>
              ) : null}
              <Table.Td>
                <Anchor
                  component={Link}
                  to={links.task(ids.dagId, ids.runId, ids.taskId, one.map_index)}
                  size="sm"
                  className="anywhere"
                >
                  {one.rendered_map_index && one.rendered_map_index !== String(one.map_index)
                    ? `${one.map_index} · ${one.rendered_map_index}`
                    : one.map_index}
                </Anchor>{" "}
                {one.note ? (
                  <Tooltip label={one.note}>
                    <IconNote size={16} role="img" aria-label={t("run.tasks.noted")} />
                  </Tooltip>
                ) : null}
              </Table.Td>
              <Table.Td>
                <State state={one.state} />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Time at={one.start_date} />
              </Table.Td>
              <Table.Td>
                <Took
                  start={one.state === "running" || one.end_date ? one.start_date : null}
                  end={one.end_date}
                  seconds={one.duration}
                />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                {one.try_number ? t("run.tasks.tryOf", { number: one.try_number, most: one.max_tries + 1 }) : "–"}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
