import { Group, SegmentedControl, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { Legend } from "~/components/Legend";
import { Loaded } from "~/components/Loaded";
import { useShownZone } from "~/components/Time";
import { useFilters } from "~/filters";
import { byUrgency, type Counts } from "~/states";
import { useTitle } from "~/title";
import { useDag } from "../context";
import { FoldAll } from "../FoldAll";
import { type Folding, useFolding } from "../folding";
import { gridAsked, SIZES, sizeOf, structureAsked, USUAL } from "../questions";
import { RunFilters } from "../RunFilters";
import { Matrix } from "./Matrix";
import { goneFrom, rowsOf } from "./rows";

/** The latest runs of a DAG, and what state each of its tasks is in. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  const filters = useFilters();
  const zone = useShownZone();
  const folding = useFolding();
  useTitle(t("dag.tabs.grid"), dag.dag_display_name);
  const structure = useQuery(structureAsked(dag.dag_id));
  const grid = useQuery({ ...gridAsked(dag.dag_id, filters, zone), placeholderData: keepPreviousData });
  return (
    <Stack gap="sm">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.grid")}</Title>
      </VisuallyHidden>
      <Group justify="space-between" align="flex-end" gap="xs">
        <RunFilters>
          <SegmentedControl
            size="xs"
            aria-label={t("dag.grid.runs")}
            value={sizeOf(filters)}
            onChange={(size) => filters.set({ limit: size === USUAL ? null : size })}
            data={SIZES}
          />
        </RunFilters>
        {structure.data && structure.data.groups.length > 0 ? <FoldAll folding={folding} /> : null}
      </Group>
      <Loaded query={structure} lines={12}>
        {(found) => (
          <Loaded query={grid} lines={12}>
            {(states) => <Shown structure={found} grid={states} folding={folding} />}
          </Loaded>
        )}
      </Loaded>
    </Stack>
  );
}

interface Props {
  structure: Schema["StructureResponse"];
  grid: Schema["GridResponse"];
  folding: Folding;
}

function Shown({ structure, grid, folding }: Props) {
  const { t } = useTranslation();
  const filters = useFilters();
  const gone = useMemo(() => goneFrom(structure, grid), [structure, grid]);
  const rows = useMemo(() => rowsOf(structure, folding.folded, gone), [structure, folding.folded, gone]);
  const states = useMemo(() => statesIn(grid), [grid]);
  return (
    <>
      {grid.runs.length === 0 ? (
        <Text>{t(filters.any && grid.total_entries === 0 ? "dag.grid.noneOrFiltered" : "dag.runs.noneYet")}</Text>
      ) : null}
      {rows.length > 0 ? (
        <Matrix dagId={structure.dag_id} rows={rows} grid={grid} toggle={folding.toggle} />
      ) : (
        <Text>{t("dag.graph.empty")}</Text>
      )}
      <Group justify="space-between" gap="xs">
        <Legend states={states} />
        <Text size="xs" role="status">
          {t("dag.grid.shown", { count: grid.total_entries, shown: grid.runs.length })}
        </Text>
      </Group>
    </>
  );
}

/** All states that the grid shows, what people look for first. */
function statesIn(grid: Schema["GridResponse"]): string[] {
  const counts: Counts = {};
  for (const states of Object.values(grid.states)) for (const state of states) if (state) counts[state] = 1;
  for (const all of Object.values(grid.counts)) for (const one of all) for (const state in one) counts[state] = 1;
  return byUrgency(counts).map(([state]) => state);
}
