import { Anchor, Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { DagSelect } from "~/components/DagSelect";
import { Head } from "~/components/Head";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Time } from "~/components/Time";
import { useDialog } from "~/dialogs";
import { useFilters } from "~/filters";
import { links } from "~/links";
import { Actions } from "./Actions";
import { Bar } from "./Bar";
import { Create } from "./Create";
import { Status } from "./Status";

const PAGE = 25;

/** All backfills, or those of a DAG, the latest first. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const [creates, create, close] = useDialog("create");
  const may = useMay("backfills:edit");
  const dagId = filters.one("dag_id");
  const offset = filters.number("offset");
  const query = $api.useQuery(
    "get",
    "/api/v2/backfills",
    { params: { query: { dag_id: dagId || "~", limit: PAGE, offset, order_by: ["-id"] } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Stack gap="sm">
      <Head
        title={t("backfills.title")}
        count={query.data && t("backfills.count", { count: query.data.total_entries })}
      >
        {may ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => create("true")}>
            {t("backfills.create")}
          </Button>
        ) : null}
      </Head>
      <Group gap="xs">
        <DagSelect
          size="xs"
          w={220}
          value={dagId}
          placeholder={t("backfills.dag")}
          aria-label={t("backfills.dag")}
          onChange={(dag_id) => filters.set({ dag_id })}
        />
      </Group>
      <Loaded query={query} lines={8}>
        {({ backfills, total_entries }) => (
          <>
            {backfills.length ? <List backfills={backfills} /> : null}
            {total_entries === 0 ? <Text>{t(dagId ? "common.empty.filtered" : "backfills.none")}</Text> : null}
            <Pager
              offset={offset}
              limit={PAGE}
              total={total_entries}
              onMove={(to) => filters.set({ offset: String(to) })}
            />
          </>
        )}
      </Loaded>
      {creates && may ? <Create dagId={dagId} onClose={close} /> : null}
    </Stack>
  );
}

function List({ backfills }: { backfills: Schema["BackfillResponse"][] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("backfills.columns.id")}</Table.Th>
            <Table.Th>{t("backfills.columns.dag")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("backfills.columns.range")}</Table.Th>
            <Table.Th>{t("backfills.columns.progress")}</Table.Th>
            <Table.Th>{t("backfills.columns.state")}</Table.Th>
            <Table.Th>{t("forms.columns.actions")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {backfills.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td>
                <Anchor component={Link} to={links.backfill(one.id)} className="mono" size="sm">
                  {one.id}
                </Anchor>
                <Text size="xs">
                  <Time at={one.created_at} relative />
                </Text>
              </Table.Td>
              <Table.Td miw={130}>
                <Anchor component={Link} to={links.dag(one.dag_id)} size="sm" className="anywhere">
                  {one.dag_display_name}
                </Anchor>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Text size="sm">
                  <Time at={one.from_date} seconds={false} /> – <Time at={one.to_date} seconds={false} />
                </Text>
              </Table.Td>
              <Table.Td>
                <Bar backfill={one} />
              </Table.Td>
              <Table.Td>
                <Status backfill={one} />
              </Table.Td>
              <Table.Td>
                <Actions backfill={one} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
