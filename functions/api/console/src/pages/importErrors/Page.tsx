import { Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { Head } from "~/components/Head";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Search } from "~/components/Search";
import { Time } from "~/components/Time";
import { pattern, useFilters } from "~/filters";

const PAGE = 20;

/** DAG files that do not load, and why. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const offset = filters.number("offset");
  const search = filters.one("search");
  const query = $api.useQuery(
    "get",
    "/api/v2/importErrors",
    { params: { query: { limit: PAGE, offset, filename_pattern: pattern(search), order_by: ["filename"] } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Stack gap="sm">
      <Head
        title={t("importErrors.title")}
        count={query.data && t("importErrors.count", { count: query.data.total_entries })}
      />
      <Group gap="xs">
        <Search name="search" label={t("importErrors.search")} />
      </Group>
      <Loaded query={query} lines={8}>
        {({ import_errors, total_entries }) => (
          <>
            {import_errors.map((error) => (
              <Broken key={error.import_error_id} error={error} />
            ))}
            {total_entries === 0 ? <None filtered={Boolean(search)} /> : null}
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

function None({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Text>{t("common.empty.filtered")}</Text>;
  return (
    <Group gap={6}>
      <IconCircleCheck size={18} color="var(--state-success)" aria-hidden />
      <Text>{t("importErrors.none")}</Text>
    </Group>
  );
}

function Broken({ error }: { error: Schema["ImportErrorResponse"] }) {
  const { t } = useTranslation();
  const traced = error.stack_trace !== error.message;
  return (
    <Paper component="article" withBorder p="sm">
      <Group justify="space-between" gap="xs" align="baseline">
        <Title order={2} size="h5" className="anywhere">
          {error.filename}
          {error.line === null ? "" : `, ${t("importErrors.line", { line: error.line })}`}
        </Title>
        <Text size="sm">
          {t("importErrors.seen")} <Time at={error.timestamp} />
        </Text>
      </Group>
      <Text size="sm" my="xs" className="anywhere" style={{ whiteSpace: "pre-wrap" }}>
        {error.message}
      </Text>
      {error.source === null ? null : (
        <Code block my="xs" fw={600} className="anywhere">
          {error.line === null ? "" : `${error.line}  `}
          {error.source}
        </Code>
      )}
      {traced ? (
        <details>
          <summary>
            <Text size="sm" component="span">
              {t("importErrors.trace")}
            </Text>
          </summary>
          <Code
            block
            mt="xs"
            mah={480}
            tabIndex={0}
            role="group"
            aria-label={t("importErrors.traceOf", { file: error.filename })}
            style={{ overflow: "auto" }}
          >
            {error.stack_trace}
          </Code>
        </details>
      ) : null}
    </Paper>
  );
}
