import { ActionIcon, Tooltip } from "@mantine/core";
import { IconReload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { ClearRun } from "~/repair/ClearRun";

/** Clears what has failed of a run, so that it goes on from there. */
export function Rerun({ run }: { run: Schema["DAGRunResponse"] }) {
  const { t } = useTranslation();
  const [asked, ask] = useState(false);
  if (!useMay("runs:edit")) return null;
  return (
    <>
      <Tooltip label={t("home.rerun")}>
        <ActionIcon
          variant="subtle"
          aria-label={`${t("home.rerun")}: ${run.dag_display_name}, ${run.dag_run_id}`}
          onClick={() => ask(true)}
        >
          <IconReload size={16} />
        </ActionIcon>
      </Tooltip>
      {asked ? <ClearRun dagId={run.dag_id} runId={run.dag_run_id} scope="failed" onClose={() => ask(false)} /> : null}
    </>
  );
}
