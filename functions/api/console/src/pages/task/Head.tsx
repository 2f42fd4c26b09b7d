import { ActionIcon, Group, Select, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconChevronsLeft, IconChevronsRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api } from "~/api/client";
import { Note } from "~/components/Note";
import { State, useStateWord } from "~/components/State";
import { Took } from "~/components/Took";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { TaskActions } from "~/repair/TaskActions";
import { useTouch } from "~/repair/touch";
import { useTryNumber } from "./One";
import { type Attempt, type Ids, type Instance, pathOf } from "./useInstance";

/** The name and state of a task instance, its tries, its neighbours, its note, and what may be done about it. */
export function Head({ ids, one, tries }: { ids: Ids; one: Instance; tries: Attempt[] }) {
  const touch = useTouch();
  const change = $api.useMutation(
    "patch",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}",
  );
  const { mapIndex } = ids;
  const label = one.rendered_map_index ?? String(mapIndex);
  const save = async (note: string) => {
    await change.mutateAsync({
      params: { path: { ...pathOf(ids), map_index: mapIndex }, query: { update_mask: ["note"] } },
      body: {
        note,
        include_upstream: false,
        include_downstream: false,
        include_past: false,
        include_future: false,
      },
    });
    await touch();
  };
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-start">
        <Group gap="sm">
          <Title order={1} size="h4" className="anywhere">
            {one.task_display_name}
            {mapIndex >= 0 ? ` [${label}]` : ""}
          </Title>
          <State state={one.state} />
          <Text size="sm">
            <Took
              start={one.state === "running" || one.end_date ? one.start_date : null}
              end={one.end_date}
              seconds={one.duration}
            />
          </Text>
        </Group>
        <TaskActions
          dagId={ids.dagId}
          runId={ids.runId}
          targets={[{ taskId: ids.taskId, mapIndex: mapIndex < 0 ? null : mapIndex }]}
        />
      </Group>
      <Group gap="sm" align="flex-start">
        <Tries one={one} tries={tries} />
        <Neighbours ids={ids} one={one} />
        <Note note={one.note} onSave={save} />
      </Group>
    </Stack>
  );
}

function Tries({ one, tries }: { one: Instance; tries: Attempt[] }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const filters = useFilters();
  const chosen = useTryNumber(one);
  const numbers = [...new Set([...tries.map((each) => each.try_number), chosen])].filter(Boolean).sort((a, b) => a - b);
  if (numbers.length < 2) return null;
  const stateOf = (number: number) => tries.findLast((each) => each.try_number === number)?.state ?? null;
  return (
    <Select
      size="xs"
      w={190}
      aria-label={t("task.try")}
      allowDeselect={false}
      data={numbers.map((number) => ({
        value: String(number),
        label: `${t("task.tryNumber", { number })} · ${word(stateOf(number))}`,
      }))}
      value={String(chosen)}
      onChange={(number) => filters.set({ try: number === String(one.try_number) ? null : number, line: null })}
    />
  );
}

/** The way to the instances beside this one: of the same task in the runs before and after, or with other indexes. */
function Neighbours({ ids, one }: { ids: Ids; one: Instance }) {
  const { t } = useTranslation();
  const { dagId, runId, taskId, mapIndex } = ids;
  const before = useRunBeside(ids, one.run_after, -1);
  const after = useRunBeside(ids, one.run_after, 1);
  const to = (run: string | undefined) => (run === undefined ? undefined : links.task(dagId, run, taskId, mapIndex));
  const count = useInstances(ids);
  return (
    <Group gap={4}>
      <Step label={t("task.previousRun")} to={to(before)}>
        <IconChevronsLeft size={16} />
      </Step>
      {mapIndex >= 0 ? (
        <>
          <Step
            label={t("task.previousIndex")}
            to={mapIndex > 0 ? links.task(dagId, runId, taskId, mapIndex - 1) : undefined}
          >
            <IconChevronLeft size={16} />
          </Step>
          <Step
            label={t("task.nextIndex")}
            to={mapIndex + 1 < count ? links.task(dagId, runId, taskId, mapIndex + 1) : undefined}
          >
            <IconChevronRight size={16} />
          </Step>
        </>
      ) : null}
      <Step label={t("task.nextRun")} to={to(after)}>
        <IconChevronsRight size={16} />
      </Step>
    </Group>
  );
}

function Step({ label, to, children }: { label: string; to: string | undefined; children: ReactNode }) {
  if (to === undefined) {
    return (
      <ActionIcon variant="default" aria-label={label} disabled>
        {children}
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" component={Link} to={to} aria-label={label}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** The run that was due before (-1) or after (1) this one. */
function useRunBeside({ dagId, runId }: Ids, runAfter: string, step: -1 | 1): string | undefined {
  const bound = step < 0 ? { run_after_lt: runAfter } : { run_after_gt: runAfter };
  const { data } = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns", {
    params: {
      path: { dag_id: dagId },
      query: { ...bound, limit: 1, order_by: [step < 0 ? "-run_after" : "run_after"] },
    },
  });
  const found = data?.dag_runs[0]?.dag_run_id;
  return found === runId ? undefined : found;
}

/** How many instances a mapped task has. */
function useInstances(ids: Ids): number {
  const { data } = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped",
    { params: { path: pathOf(ids), query: { limit: 0 } } },
    { enabled: ids.mapIndex >= 0 },
  );
  return data?.total_entries ?? 0;
}
