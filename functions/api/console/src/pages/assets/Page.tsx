import { Anchor, Group, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api, type Schema } from "~/api/client";
import { Head } from "~/components/Head";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Search } from "~/components/Search";
import { Time } from "~/components/Time";
import { pattern, useFilters } from "~/filters";
import { links } from "~/links";

const PAGE = 50;

/** The assets that DAGs make and wait for. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const offset = filters.number("offset");
  const search = filters.one("search");
  const query = $api.useQuery(
    "get",
    "/api/v2/assets",
    { params: { query: { limit: PAGE, offset, name_pattern: pattern(search), order_by: ["name"] } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Stack gap="sm">
      <Head title={t("assets.title")} count={query.data && t("assets.count", { count: query.data.total_entries })} />
      <Group gap="xs">
        <Search name="search" label={t("assets.search")} />
      </Group>
      <Loaded query={query} lines={8}>
        {({ assets, total_entries }) => (
          <>
            {assets.length ? <List assets={assets} /> : null}
            {total_entries === 0 ? <Text>{t(search ? "common.empty.filtered" : "assets.none")}</Text> : null}
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

function List({ assets }: { assets: Schema["AssetResponse"][] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("assets.columns.asset")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("assets.columns.group")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("assets.columns.producers")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("assets.columns.consumers")}</Table.Th>
            <Table.Th>{t("assets.columns.last")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {assets.map((asset) => (
            <Table.Tr key={asset.id}>
              <Table.Td maw={360}>
                <Anchor component={Link} to={links.asset(asset.id)} size="sm" fw={500} className="anywhere">
                  {asset.name}
                </Anchor>
                {asset.uri === asset.name ? null : (
                  <Text size="xs" c="dimmed" className="anywhere">
                    {asset.uri}
                  </Text>
                )}
              </Table.Td>
              <Table.Td visibleFrom="sm">{asset.group}</Table.Td>
              <Table.Td visibleFrom="sm">{t("assets.tasks", { count: asset.producing_tasks.length })}</Table.Td>
              <Table.Td visibleFrom="sm">{t("assets.dags", { count: asset.scheduled_dags.length })}</Table.Td>
              <Table.Td>
                {asset.last_asset_event?.timestamp ? <Time at={asset.last_asset_event.timestamp} /> : t("assets.never")}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
