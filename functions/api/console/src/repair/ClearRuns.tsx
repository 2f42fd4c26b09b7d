import { SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";
import type { Scope } from "./ClearRun";
import { Preview, usePreview } from "./Preview";
import type { RunKey } from "./RunsActions";
import { useTouch } from "./touch";

interface Props {
  runs: RunKey[];
  onDone: () => void;
  onClose: () => void;
}

/** Runs several runs again, all of them or what failed, after telling which task instances that concerns. */
export function ClearRuns({ runs, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const touch = useTouch();
  const [scope, setScope] = useState<Scope>("all");
  const clear = (dry: boolean) =>
    api.POST("/api/v2/dags/{dag_id}/clearDagRuns", {
      params: { path: { dag_id: "~" } },
      body: { dag_runs: runs, dry_run: dry, only_failed: scope === "failed", only_new: false },
    });
  const preview = usePreview([runs, scope], async () => {
    const { data } = await clear(true);
    return { data: data && "task_instances" in data ? data : { task_instances: [] } };
  });
  return (
    <Confirm
      title={t("repair.runs.clear", { count: runs.length })}
      label={t("run.actions.clear")}
      onConfirm={async () => {
        await clear(false);
        onDone();
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
      <Preview query={preview} />
    </Confirm>
  );
}
