import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";
import type { TasksProps } from "./ClearTasks";
import { entities, nameOf, refusals } from "./targets";
import { useTouch } from "./touch";

const LISTED = 20;

/** Removes task instances from their run. */
export function DeleteTasks({ dagId, runId, targets, onDone, onClose }: TasksProps) {
  const { t } = useTranslation();
  const touch = useTouch();
  const remove = async () => {
    const { data } = await api.PATCH("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances", {
      params: { path: { dag_id: dagId, dag_run_id: runId } },
      body: { actions: [{ action: "delete", entities: entities(targets), action_on_non_existence: "fail" }] },
    });
    await touch();
    const refused = refusals(data ?? {});
    if (refused) throw new Error(t("run.bulk.refused", refused));
    onDone?.();
  };
  return (
    <Confirm
      danger
      title={t("repair.delete.title", { count: targets.length, name: targets.map(nameOf)[0] })}
      label={t("common.actions.delete")}
      onConfirm={remove}
      onClose={onClose}
    >
      <Text size="sm">{t("repair.delete.hint")}</Text>
      {targets.length > 1 ? (
        <List size="sm">
          {targets.slice(0, LISTED).map((target) => (
            <List.Item key={nameOf(target)} className="anywhere">
              {nameOf(target)}
            </List.Item>
          ))}
          {targets.length > LISTED ? <li>{t("run.preview.more", { count: targets.length - LISTED })}</li> : null}
        </List>
      ) : null}
    </Confirm>
  );
}
