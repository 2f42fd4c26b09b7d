import { Alert, List, ScrollArea, Text } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem } from "~/components/Problem";
import { State } from "~/components/State";

interface Concerned {
  dag_id?: string;
  dag_run_id?: string;
  task_id: string;
  map_index?: number;
  state?: string | null;
}

interface Concern {
  task_instances: Concerned[];
  total_entries?: number | null;
}

/** Names that are listed; of more only the number is told. */
const LISTED = 100;

/** Asks what a change would be about; once for each `key`, and never from memory. */
export function usePreview(key: unknown[], ask: () => Promise<{ data?: Concern }>): UseQueryResult<Concern> {
  return useQuery({
    queryKey: ["preview", ...key],
    queryFn: async () => (await ask()).data ?? { task_instances: [] },
    staleTime: 0,
    gcTime: 0,
  });
}

/** The task instances that something would be done to. */
export function Preview({ query, runId }: { query: UseQueryResult<Concern>; runId?: string }) {
  const { t } = useTranslation();
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) {
    return (
      <Text size="sm" role="status">
        {t("run.preview.looking")}
      </Text>
    );
  }
  const { task_instances: found } = query.data;
  const total = query.data.total_entries ?? found.length;
  const running = found.filter((one) => one.state === "running").length;
  return (
    <div>
      <Text size="sm" fw={600} role="status">
        {total ? t("run.preview.title", { count: total }) : t("run.preview.none")}
      </Text>
      {running ? (
        <Alert color="yellow" variant="light" p="xs" my={4}>
          {t("run.preview.running", { count: running })}
        </Alert>
      ) : null}
      <ScrollArea.Autosize mah={220} type="auto" viewportProps={{ tabIndex: 0 }}>
        <List size="sm" listStyleType="none" spacing={2}>
          {found.slice(0, LISTED).map((one) => (
            <List.Item key={`${one.dag_id} ${one.dag_run_id} ${one.task_id} ${one.map_index}`} className="anywhere">
              <State state={one.state} size="xs" /> <span>{one.task_id}</span>
              {(one.map_index ?? -1) >= 0 ? ` [${one.map_index}]` : ""}
              {one.dag_run_id && one.dag_run_id !== runId ? (
                <Text span size="xs" c="dimmed">
                  {" "}
                  {one.dag_run_id}
                </Text>
              ) : null}
            </List.Item>
          ))}
        </List>
        {total > LISTED ? <Text size="sm">{t("run.preview.more", { count: total - LISTED })}</Text> : null}
      </ScrollArea.Autosize>
    </div>
  );
}
