import { Alert, Group, Loader, SegmentedControl, Select, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { Legend } from "~/components/Legend";
import { Loaded } from "~/components/Loaded";
import { Problem } from "~/components/Problem";
import { useFilters } from "~/filters";
import { byUrgency, type Counts } from "~/states";
import { useTitle } from "~/title";
import { useDag } from "../context";
import { FoldAll } from "../FoldAll";
import { useFolding } from "../folding";
import { RunPicker } from "../RunPicker";
import { groupsAround } from "../tree";
import { Canvas } from "./Canvas";
import { GraphContext } from "./context";
import type { Direction, Layout } from "./layout";
import { neighbours, type Shown, shownOf } from "./model";
import { Panel } from "./Panel";
import { TaskList } from "./TaskList";
import { useGraph } from "./useGraph";
import { layOut } from "./worker";

/** The tasks of a DAG and what comes after what, with the states that a run has them in. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  const filters = useFilters();
  const { query, runId, runs, states, structure, counts } = useGraph(dag.dag_id);
  const asList = filters.one("view") === "list";
  useTitle(t("dag.tabs.graph"), dag.dag_display_name);
  return (
    <Stack gap="sm">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.graph")}</Title>
      </VisuallyHidden>
      <Group gap="xs" align="flex-end">
        <RunPicker runId={runId} runs={runs} />
        <SegmentedControl
          size="xs"
          aria-label={t("dag.graph.view")}
          value={asList ? "list" : "graph"}
          onChange={(view) => filters.set({ view: view === "list" ? view : null })}
          data={[
            { value: "graph", label: t("dag.graph.asGraph") },
            { value: "list", label: t("dag.graph.asList") },
          ]}
        />
        {structure.data && !asList ? <Tools structure={structure.data} /> : null}
      </Group>
      {query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : null}
      {states.isError ? <Problem error={states.error} retry={() => void states.refetch()} /> : null}
      <Loaded query={structure} lines={12}>
        {(found) =>
          found.tasks.length === 0 ? (
            <Text>{t("dag.graph.empty")}</Text>
          ) : asList ? (
            <TaskList structure={found} runId={runId} counts={counts} />
          ) : (
            <Drawn structure={found} runId={runId} counts={counts} />
          )
        }
      </Loaded>
    </Stack>
  );
}

function useDirection(): Direction {
  return useFilters().one("direction") === "down" ? "down" : "right";
}

/** From so many tasks on a graph is folded at first. */
const MANY = 80;

function useGraphFolding(structure: Schema["StructureResponse"]) {
  return useFolding(structure.groups.length > 0 && structure.tasks.length > MANY);
}

function Tools({ structure }: { structure: Schema["StructureResponse"] }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const folding = useGraphFolding(structure);
  const direction = useDirection();
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("dag.graph.direction")}
        value={direction}
        onChange={(wanted) => filters.set({ direction: wanted === "down" ? wanted : null })}
        data={[
          { value: "right", label: t("dag.graph.across") },
          { value: "down", label: t("dag.graph.down") },
        ]}
      />
      <Select
        size="xs"
        w={170}
        aria-label={t("dag.graph.find")}
        placeholder={t("dag.graph.find")}
        leftSection={<IconSearch size={14} />}
        data={structure.tasks.map((task) => task.task_id)}
        value={filters.one("task") || null}
        onChange={(task) => filters.set({ task })}
        searchable
        limit={50}
        nothingFoundMessage={t("dag.graph.nothing")}
        maxDropdownHeight={300}
      />
      {structure.groups.length > 0 ? <FoldAll folding={folding} /> : null}
    </>
  );
}

interface Props {
  structure: Schema["StructureResponse"];
  runId: string | undefined;
  counts: (tasks: string[]) => Counts;
}

function Drawn({ structure, runId, counts }: Props) {
  const { t } = useTranslation();
  const { one, set } = useFilters();
  const folding = useGraphFolding(structure);
  const { folded, toggle, open } = folding;
  const [touched, setTouched] = useState<string | null>(null);
  const selected = one("task") || null;
  const task = structure.tasks.find((known) => known.task_id === selected);
  const shown = useMemo(() => shownOf(structure, folded), [structure, folded]);
  const around = useMemo(() => neighbours(structure), [structure]);
  const { drawn, error } = useLayout(shown, useDirection());

  // biome-ignore lint/correctness/useExhaustiveDependencies: when a task is chosen; it may be folded away again then
  useEffect(() => {
    if (selected !== null) open(groupsAround(structure, selected));
  }, [selected, structure]);

  const shared = useMemo(
    () => ({
      counts,
      selected,
      current: null,
      select: (taskId: string) => set({ task: taskId }),
      toggle: (groupId: string) => {
        setTouched(groupId);
        toggle(groupId);
      },
    }),
    [counts, selected, set, toggle],
  );
  if (error) {
    return (
      <Alert color="red" title={t("dag.graph.failed")} role="alert">
        {error.message}
      </Alert>
    );
  }
  if (!drawn) {
    return (
      <Group gap="xs" role="status" mih={380} justify="center">
        <Loader size="sm" /> <Text size="sm">{t("dag.graph.layingOut")}</Text>
      </Group>
    );
  }
  const states = byUrgency(counts(structure.tasks.map((known) => known.task_id))).map(([state]) => state);
  return (
    <>
      <GraphContext value={shared}>
        <Canvas shown={drawn.shown} layout={drawn.layout} touched={touched}>
          {task ? (
            <Panel
              key={task.task_id}
              dagId={structure.dag_id}
              runId={runId}
              task={task}
              counts={counts([task.task_id])}
              upstream={around.get(task.task_id)?.upstream ?? []}
              downstream={around.get(task.task_id)?.downstream ?? []}
              onSelect={shared.select}
              onClose={() => set({ task: null })}
            />
          ) : null}
        </Canvas>
      </GraphContext>
      <Legend states={states} />
    </>
  );
}

/** The layout of what is to be shown; the one before stays until the next is there. */
function useLayout(shown: Shown, direction: Direction) {
  const [drawn, setDrawn] = useState<{ shown: Shown; layout: Layout } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    let current = true;
    layOut(shown, direction).then(
      (layout) => {
        if (!current) return;
        setDrawn({ shown, layout });
        setError(null);
      },
      (problem: unknown) => current && setError(problem instanceof Error ? problem : new Error(String(problem))),
    );
    return () => {
      current = false;
    };
  }, [shown, direction]);
  return { drawn, error };
}
