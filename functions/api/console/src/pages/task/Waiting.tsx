import { Alert, List, Text } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { Problem } from "~/components/Problem";
import type en from "~/i18n/en";
import { type Ids, type Instance, pathOf, waits } from "./useInstance";

type Rule = keyof typeof en.task.waiting.rules;

/** Why a task instance has not begun, rule by rule; nothing once it has. */
export function Waiting({ ids, one }: { ids: Ids; one: Instance }) {
  return waits(one) ? <Reasons ids={ids} /> : null;
}

/** That it has no state says nothing beside what else there is. */
function telling<T extends { name: string }>(reasons: T[]): T[] {
  const others = reasons.filter(({ name }) => name !== "Task Instance State");
  return others.length ? others : reasons;
}

function Reasons({ ids }: { ids: Ids }) {
  const { t, i18n } = useTranslation();
  const query = $api.useQuery(
    "get",
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies",
    { params: { path: pathOf(ids), query: { map_index: ids.mapIndex } } },
  );
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return null;
  const dependencies = telling(query.data.dependencies);
  const word = (rule: string) =>
    i18n.exists(`task.waiting.rules.${rule}`) ? t(`task.waiting.rules.${rule as Rule}`) : rule;
  return (
    <Alert color="blue" variant="light" icon={<IconHourglass />} title={t("task.waiting.title")}>
      {dependencies.length === 0 ? (
        <Text size="sm">{t("task.waiting.none")}</Text>
      ) : (
        <List size="sm">
          {dependencies.map(({ name, reason }) => (
            <List.Item key={`${name} ${reason}`}>
              <strong>{word(name)}</strong>: <span lang="en">{reason}</span>
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}
