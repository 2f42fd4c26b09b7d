import { Alert, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { $api } from "~/api/client";
import { Gone } from "~/components/Gone";
import { Loaded } from "~/components/Loaded";
import { DagZone } from "~/components/Time";
import { Trail } from "~/components/Trail";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { useDag } from "~/pages/run/useDag";
import { useTitle } from "~/title";
import { Instances } from "./Instances";
import { One } from "./One";

/** One task of a run; of a mapped one an instance, or all of them. */
export function Page() {
  const { t } = useTranslation();
  const { dagId = "", runId = "", taskId = "", tab = "" } = useParams();
  const dag = useDag(dagId);
  const index = useFilters().one("map_index");
  const mapIndex = /^\d+$/.test(index) ? Number(index) : -1;
  const ids = { dagId, runId, taskId, mapIndex };
  useTitle(mapIndex < 0 ? taskId : `${taskId} [${mapIndex}]`, runId, dag.name);
  return (
    <DagZone.Provider value={dag.zone}>
      <Stack gap="sm">
        <Trail
          steps={[
            { to: links.dag(dagId), label: dag.name },
            { to: links.run(dagId, runId), label: runId },
            ...(mapIndex < 0
              ? []
              : [
                  { to: links.task(dagId, runId, taskId), label: `${taskId}: ${t("task.allInstances").toLowerCase()}` },
                ]),
          ]}
        />
        {mapIndex < 0 ? <Unindexed {...ids} tab={tab} /> : <One {...ids} tab={tab} />}
      </Stack>
    </DagZone.Provider>
  );
}

interface Props {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  tab: string;
}

/** A task that is named without a map index: it may be mapped, and have many instances. */
function Unindexed(props: Props) {
  const { t } = useTranslation();
  const { dagId, runId, taskId } = props;
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/tasks", {
    params: { path: { dag_id: dagId, dag_run_id: runId } },
  });
  return (
    <Loaded query={query} lines={8}>
      {({ tasks }) => {
        const task = tasks.find((one) => one.task_id === taskId);
        if (!task) return <Gone reason={taskId} />;
        if (task.counts) return <Instances {...props} task={task} />;
        return (
          <>
            {task.is_mapped ? <Alert color="gray">{t("task.notExpanded")}</Alert> : null}
            <One {...props} />
          </>
        );
      }}
    </Loaded>
  );
}
