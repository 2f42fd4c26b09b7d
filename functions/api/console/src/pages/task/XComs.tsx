import { ActionIcon, Button, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { $api, ApiError, api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/components/Confirm";
import { LongText } from "~/components/Json";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { indented, memberOf } from "~/json";
import { useTouch } from "~/repair/touch";
import { type Ids, type Instance, pathOf, runs } from "./useInstance";
import { XComForm } from "./XComForm";

const PAGE = 50;
/** So many are shown with their values at once; of more each is asked for. */
const AT_ONCE = 8;
const ONE = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key}";

/** What a task instance has pushed for others, with its values; who may changes it. */
export function XComs({ ids, one }: { ids: Ids; one: Instance }) {
  const { t } = useTranslation();
  const filters = useFilters();
  const may = useMay("xcoms:edit") && !runs(one);
  const [adding, setAdding] = useState(false);
  const offset = filters.number("offset");
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries", {
    params: { path: pathOf(ids), query: { map_index: ids.mapIndex, limit: PAGE, offset } },
  });
  return (
    <Stack gap="md">
      {may ? (
        <Group>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            {t("task.xcoms.add")}
          </Button>
        </Group>
      ) : null}
      <Loaded query={query} lines={3}>
        {({ xcom_entries: entries, total_entries: total }) => (
          <>
            {entries.length === 0 ? <Text size="sm">{t("task.xcoms.none")}</Text> : null}
            {entries.map((entry) => (
              <Entry key={entry.key} ids={ids} entry={entry} shown={entries.length <= AT_ONCE} may={may} />
            ))}
            <Pager offset={offset} limit={PAGE} total={total} onMove={(to) => filters.set({ offset: String(to) })} />
          </>
        )}
      </Loaded>
      {adding ? <XComForm ids={ids} onClose={() => setAdding(false)} /> : null}
    </Stack>
  );
}

interface EntryProps {
  ids: Ids;
  entry: Schema["XComResponse"];
  shown: boolean;
  may: boolean;
}

function Entry({ ids, entry, shown: begun, may }: EntryProps) {
  const { t } = useTranslation();
  const touch = useTouch();
  const [shown, setShown] = useState(begun);
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const query = useValue(ids, entry.key, shown || open === "edit");
  const remove = $api.useMutation("delete", ONE);
  const close = () => setOpen(null);
  return (
    <div>
      <Group gap={6} mb={4}>
        <Title order={2} size="h6" className="anywhere">
          {entry.key}
        </Title>
        <Text size="xs" c="dimmed">
          <Time at={entry.timestamp} />
        </Text>
        {may ? (
          <>
            <Tooltip label={t("task.xcoms.edit", { key: entry.key })}>
              <ActionIcon
                variant="subtle"
                aria-label={t("task.xcoms.edit", { key: entry.key })}
                onClick={() => setOpen("edit")}
              >
                <IconPencil size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t("task.xcoms.delete", { key: entry.key })}>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t("task.xcoms.delete", { key: entry.key })}
                onClick={() => setOpen("delete")}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          </>
        ) : null}
      </Group>
      {shown ? (
        <Loaded query={query} lines={2}>
          {({ text, python }) => (
            <>
              <LongText text={text} what={entry.key} />
              {python ? <Text size="xs">{t("task.xcoms.asText")}</Text> : null}
            </>
          )}
        </Loaded>
      ) : (
        <Button size="xs" variant="default" onClick={() => setShown(true)}>
          {t("task.xcoms.show", { key: entry.key })}
        </Button>
      )}
      {open === "edit" && query.data ? (
        <XComForm ids={ids} name={entry.key} value={query.data.python ? "" : query.data.text} onClose={close} />
      ) : null}
      {open === "delete" ? (
        <Confirm
          danger
          title={t("task.xcoms.deleteTitle", { key: entry.key })}
          label={t("common.actions.delete")}
          onConfirm={async () => {
            await remove.mutateAsync({
              params: { path: { ...pathOf(ids), xcom_key: entry.key }, query: { map_index: ids.mapIndex } },
            });
            await touch();
          }}
          onClose={close}
        >
          <Text size="sm">{t("task.xcoms.deleteText")}</Text>
        </Confirm>
      ) : null}
    </div>
  );
}

/** A value as text: JSON with all its digits, or, for what can't be JSON, as Python writes it. */
function useValue(ids: Ids, key: string, enabled: boolean) {
  const params = { path: { ...pathOf(ids), xcom_key: key }, query: { map_index: ids.mapIndex } };
  return useQuery({
    queryKey: ["get", ONE, { params }],
    enabled,
    queryFn: async ({ signal }) => {
      try {
        const { data } = await api.GET(ONE, { params, parseAs: "text", signal });
        return { text: indented(memberOf(data as unknown as string, "value") ?? "null"), python: false };
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 400)) throw error;
        const query = { ...params.query, stringify: true };
        const { data } = await api.GET(ONE, { params: { ...params, query }, signal });
        return { text: String(data?.value ?? ""), python: true };
      }
    },
  });
}
