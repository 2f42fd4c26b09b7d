import { SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";
import { Preview, usePreview } from "./Preview";
import { useTouch } from "./touch";

export type Scope = "all" | "failed";

interface Props {
  dagId: string;
  runId: string;
  scope: Scope;
  onClose: () => void;
}

/** Runs a run again, all of it or what failed, after telling which task instances that concerns. */
export function ClearRun({ dagId, runId, scope: begun, onClose }: Props) {
  const { t } = useTranslation();
  const touch = useTouch();
  const [scope, setScope] = useState(begun);
  const clear = (dry: boolean) =>
    api.POST("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear", {
      params: { path: { dag_id: dagId, dag_run_id: runId } },
      body: { dry_run: dry, only_failed: scope === "failed", only_new: false },
    });
  const preview = usePreview([dagId, runId, scope], async () => {
    const { data } = await clear(true);
    return { data: data && "task_instances" in data ? data : { task_instances: [] } };
  });
  return (
    <Confirm
      title={t("run.clear.title", { run: runId })}
      label={t("run.actions.clear")}
      onConfirm={async () => {
        await clear(false);
        await touch();
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("run.clear.hint")}</Text>
      <SegmentedControl
        aria-label={t("run.clear.scope")}
        value={scope}
        onChange={(chosen) => setScope(chosen as Scope)}
        data={[
          { value: "all", label: t("run.clear.all") },
          { value: "failed", label: t("run.clear.failed") },
        ]}
      />
      <Preview query={preview} runId={runId} />
    </Confirm>
  );
}
