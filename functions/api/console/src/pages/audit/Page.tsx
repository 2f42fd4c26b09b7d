import { Stack, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api } from "~/api/client";
import { Head } from "~/components/Head";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { pattern, useFilters } from "~/filters";
import { Filters } from "./Filters";
import { List } from "./List";

const PAGE = 50;

/** Who has changed what, and when: the latest first. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const offset = filters.number("offset");
  const text = (name: string) => pattern(filters.one(name));
  const query = $api.useQuery(
    "get",
    "/api/v2/eventLogs",
    {
      params: {
        query: {
          limit: PAGE,
          offset,
          order_by: ["-when"],
          dag_id: filters.one("dag_id") || undefined,
          owner_pattern: text("owner"),
          event_pattern: text("event"),
          run_id_pattern: text("run_id"),
          task_id_pattern: text("task_id"),
          after: filters.one("after") || undefined,
          before: filters.one("before") || undefined,
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <Stack gap="sm">
      <Head title={t("audit.title")} count={query.data && t("audit.count", { count: query.data.total_entries })} />
      <Filters />
      <Loaded query={query} lines={12}>
        {({ event_logs, total_entries }) => (
          <>
            {event_logs.length ? <List entries={event_logs} /> : null}
            {total_entries === 0 ? <Text>{t(filters.any ? "common.empty.filtered" : "audit.none")}</Text> : null}
            <Pager
              offset={offset}
              limit={PAGE}
              total={total_entries}
              onMove={(to) => filters.set({ offset: String(to) })}
            />
          </>
        )}
      </Loaded>
    </Stack>
  );
}
