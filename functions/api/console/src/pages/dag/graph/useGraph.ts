import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Schema } from "~/api/client";
import { add, type Counts } from "~/states";
import { statesAsked, structureAsked, versionOf } from "../questions";
import { usePickedRun } from "../RunPicker";

/** A DAG as the chosen run has it: that version's structure, and the states of its tasks. */
export function useGraph(dagId: string) {
  const picked = usePickedRun(dagId);
  const { query, runId, runs, none } = picked;
  const states = useQuery({ ...statesAsked(dagId, runId ?? ""), enabled: runId !== undefined });
  const version = versionOf(runId, runs) ?? states.data?.runs[0]?.version_number ?? undefined;
  // What another version has is not drawn first: it would be laid out for nothing.
  const structure = useQuery({
    ...structureAsked(dagId, version),
    enabled: version !== undefined || none || query.isError || !states.isPending,
    placeholderData: keepPreviousData,
  });
  const counts = useCounts(states.data);
  return { ...picked, states, structure, counts };
}

function useCounts(grid: Schema["GridResponse"] | undefined): (tasks: string[]) => Counts {
  return useCallback(
    (tasks) => {
      const found: Counts = {};
      for (const task of tasks) {
        const state = grid?.states[task]?.[0];
        add(found, grid?.counts[task]?.[0] ?? (state ? { [state]: 1 } : {}));
      }
      return found;
    },
    [grid],
  );
}
