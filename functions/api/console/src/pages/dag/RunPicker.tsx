import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { useStateWord } from "~/components/State";
import { useShownZone } from "~/components/Time";
import { useFilters } from "~/filters";
import { moment } from "~/time";
import { pickedOf, runsAsked } from "./questions";

type Run = Schema["DAGRunResponse"];

/** The run that the address names (`?run=`), or else the latest; undefined while that is not known, or there is none. */
export function usePickedRun(dagId: string) {
  const { one } = useFilters();
  const query = useQuery(runsAsked(dagId));
  const runs = query.data?.dag_runs ?? [];
  const runId = pickedOf({ one }, runs);
  return { query, runId, runs, none: query.isSuccess && runId === undefined };
}

/** Chooses one of the latest runs of a DAG; until somebody does, it is the latest. */
export function RunPicker({ runId, runs }: { runId: string | undefined; runs: Run[] }) {
  const { t } = useTranslation();
  const { set } = useFilters();
  const zone = useShownZone();
  const word = useStateWord();
  const listed = runs.map((run) => ({
    value: run.dag_run_id,
    label: `${moment(run.run_after, zone)} · ${word(run.state)} · ${run.dag_run_id}`,
  }));
  const data =
    runId && !listed.some((one) => one.value === runId) ? [{ value: runId, label: runId }, ...listed] : listed;
  return (
    <Select
      size="xs"
      w={{ base: "100%", xs: 260 }}
      label={t("dag.runs.picked")}
      placeholder={t("dag.runs.noneYet")}
      data={data}
      value={runId ?? null}
      onChange={(run) => set({ run: run === runs[0]?.dag_run_id ? null : run })}
      allowDeselect={false}
      searchable
      maxDropdownHeight={400}
      comboboxProps={{ width: "max-content", position: "bottom-start", middlewares: { shift: true, flip: true } }}
    />
  );
}
