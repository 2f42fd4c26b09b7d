import { Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { EditedList, PAGE } from "~/components/EditedList";
import { RowActions } from "~/components/RowActions";
import { pattern, useFilters } from "~/filters";
import { Create, Edit } from "./Edit";
import { Remove } from "./Remove";
import { Slots } from "./Slots";

/** The one that tasks have which name none: it can't be deleted. */
const DEFAULT = "default_pool";

/** The pools, and who has their slots. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const may = useMay("pools:edit");
  const query = $api.useQuery(
    "get",
    "/api/v2/pools",
    {
      params: {
        query: {
          limit: PAGE,
          offset: filters.number("offset"),
          pool_name_pattern: pattern(filters.one("search")),
          order_by: ["name"],
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <EditedList
      title={t("pools.title")}
      query={query}
      count={(count) => t("pools.count", { count })}
      may={may}
      add={t("pools.create")}
      search={t("pools.search")}
      none={t("pools.none")}
      list={({ pools }, edit) => <List pools={pools} onEdit={edit} />}
      create={(onClose) => <Create onClose={onClose} />}
      edit={(name, onClose) => <Edit name={name} onClose={onClose} />}
    />
  );
}

function List({ pools, onEdit }: { pools: Schema["PoolResponse"][]; onEdit: (name: string) => void }) {
  const { t } = useTranslation();
  const may = useMay("pools:edit");
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("pools.columns.name")}</Table.Th>
            <Table.Th>{t("pools.columns.slots")}</Table.Th>
            <Table.Th>{t("pools.columns.use")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("pools.columns.deferred")}</Table.Th>
            {may ? <Table.Th>{t("forms.columns.actions")}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {pools.map((pool) => (
            <Table.Tr key={pool.name}>
              <Table.Td className="anywhere" miw={130} maw={320}>
                <Text size="sm" fw={500}>
                  {pool.name}
                </Text>
                <Text size="xs" c="dimmed">
                  {pool.description}
                </Text>
              </Table.Td>
              <Table.Td>{pool.slots < 0 ? t("pools.unlimited") : pool.slots}</Table.Td>
              <Table.Td>
                <Slots pool={pool} />
              </Table.Td>
              <Table.Td visibleFrom="sm">{t(pool.include_deferred ? "pools.counted" : "pools.notCounted")}</Table.Td>
              {may ? (
                <Table.Td w={90}>
                  <RowActions
                    edit={{ label: t("pools.editOne", { name: pool.name }), onClick: () => onEdit(pool.name) }}
                    remove={pool.name === DEFAULT ? null : (onClose) => <Remove name={pool.name} onClose={onClose} />}
                    removeLabel={t("pools.deleteOne", { name: pool.name })}
                  />
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
