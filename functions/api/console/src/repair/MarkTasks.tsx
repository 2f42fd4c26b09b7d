import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";
import { useStateWord } from "~/components/State";
import { AROUND, type Around, AroundChoice, included } from "./Around";
import type { TasksProps } from "./ClearTasks";
import { Preview, usePreview } from "./Preview";
import { entities, nameOf, refusals, type Target } from "./targets";
import { useTouch } from "./touch";

export const MARKS = ["success", "failed", "skipped"] as const;
export type Mark = (typeof MARKS)[number];

/** Says that task instances are in a state, after telling which ones that changes. */
export function MarkTasks({ dagId, runId, targets, state, onDone, onClose }: TasksProps & { state: Mark }) {
  const { t } = useTranslation();
  const word = useStateWord();
  const touch = useTouch();
  const [around, setAround] = useState<Around>({ upstream: false, downstream: false, past: false, future: false });
  const body = { new_state: state, ...included(around) };
  const preview = usePreview([dagId, runId, targets, body], async () => {
    const found = await Promise.all(targets.slice(0, PREVIEWED).map((target) => foreseen(dagId, runId, target, body)));
    const each = found.flatMap(({ data }) => data?.task_instances ?? []);
    const unique = new Map(each.map((one) => [`${one.dag_run_id} ${one.task_id} ${one.map_index}`, one]));
    const beyond = Math.max(0, targets.length - PREVIEWED);
    return { data: { task_instances: [...unique.values()], total_entries: unique.size + beyond } };
  });
  const mark = async () => {
    const { data } = await api.PATCH("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances", {
      params: { path: { dag_id: dagId, dag_run_id: runId } },
      body: {
        actions: [
          {
            action: "update",
            entities: entities(targets).map((one) => ({ ...one, ...body })),
            action_on_non_existence: "fail",
          },
        ],
      },
    });
    await touch();
    const refused = refusals(data ?? {});
    if (refused) throw new Error(t("run.bulk.refused", refused));
    onDone?.();
  };
  const name = targets.map(nameOf)[0];
  return (
    <Confirm
      title={t("repair.mark.title", { count: targets.length, name, state: word(state) })}
      label={t("repair.mark.label", { state: word(state) })}
      onConfirm={mark}
      onClose={onClose}
    >
      <Text size="sm">{t("repair.mark.hint")}</Text>
      <AroundChoice names={AROUND} value={around} onChange={setAround} />
      <Preview query={preview} runId={runId} />
    </Confirm>
  );
}

/** Of so many targets it is asked what changing them would be about; a request each. */
const PREVIEWED = 20;

function foreseen(
  dagId: string,
  runId: string,
  target: Target,
  body: ReturnType<typeof included> & { new_state: Mark },
) {
  return api.PATCH("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dry_run", {
    params: {
      path: { dag_id: dagId, dag_run_id: runId, task_id: target.taskId },
      query: target.mapIndex === null ? {} : { map_index: target.mapIndex },
    },
    body,
  });
}
