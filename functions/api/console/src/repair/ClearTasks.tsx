import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";
import { AROUND, AroundChoice, included } from "./Around";
import { Preview, usePreview } from "./Preview";
import { nameOf, type Target, taskIds } from "./targets";
import { useTouch } from "./touch";

export interface TasksProps {
  dagId: string;
  runId: string;
  targets: Target[];
  onDone?: () => void;
  onClose: () => void;
}

const CHOICES = [...AROUND, "onlyFailed"] as const;

/** Has task instances run again, after telling which that is. */
export function ClearTasks({ dagId, runId, targets, onDone, onClose }: TasksProps) {
  const { t } = useTranslation();
  const touch = useTouch();
  const [choice, setChoice] = useState({
    upstream: false,
    downstream: true,
    past: false,
    future: false,
    onlyFailed: false,
  });
  const body = {
    dag_run_id: runId,
    task_ids: taskIds(targets),
    only_failed: choice.onlyFailed,
    only_running: false,
    reset_dag_runs: true,
    prevent_running_task: false,
    include_recursive: true,
    ...included(choice),
  };
  const path = { dag_id: dagId };
  const clear = (dry: boolean) =>
    api.POST("/api/v2/dags/{dag_id}/clearTaskInstances", {
      params: { path },
      body: { ...body, dry_run: dry },
    });
  const preview = usePreview([dagId, body], () => clear(true));
  return (
    <Confirm
      title={t("repair.clear.title", { count: targets.length, name: targets.map(nameOf)[0] })}
      label={t("repair.clear.label")}
      onConfirm={async () => {
        await clear(false);
        onDone?.();
        await touch();
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("repair.clear.hint")}</Text>
      <AroundChoice names={CHOICES} value={choice} onChange={setChoice} />
      <Preview query={preview} runId={runId} />
    </Confirm>
  );
}
