import { Table } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { EditedList, PAGE } from "~/components/EditedList";
import { RowActions } from "~/components/RowActions";
import { pattern, useFilters } from "~/filters";
import { Create, Edit } from "./Edit";
import { Remove } from "./Remove";
import { typeOf } from "./types";

/** The connections that are kept, without their secrets. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const may = useMay("connections:edit");
  const query = $api.useQuery(
    "get",
    "/api/v2/connections",
    {
      params: {
        query: {
          limit: PAGE,
          offset: filters.number("offset"),
          connection_id_pattern: pattern(filters.one("search")),
          order_by: ["id"],
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <EditedList
      title={t("connections.title")}
      query={query}
      count={(count) => t("connections.count", { count })}
      may={may}
      add={t("connections.create")}
      search={t("connections.search")}
      none={t("connections.none")}
      list={({ connections }, edit) => <List connections={connections} onEdit={edit} />}
      create={(onClose) => <Create onClose={onClose} />}
      edit={(name, onClose) => <Edit name={name} onClose={onClose} />}
    />
  );
}

function List({ connections, onEdit }: { connections: Schema["ConnectionResponse"][]; onEdit: (id: string) => void }) {
  const { t } = useTranslation();
  const may = useMay("connections:edit");
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("connections.columns.id")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("connections.columns.type")}</Table.Th>
            <Table.Th>{t("connections.columns.where")}</Table.Th>
            <Table.Th visibleFrom="md">{t("connections.columns.login")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("connections.columns.description")}</Table.Th>
            {may ? <Table.Th>{t("forms.columns.actions")}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {connections.map((one) => (
            <Table.Tr key={one.connection_id}>
              <Table.Td className="anywhere" fw={500}>
                {one.connection_id}
              </Table.Td>
              <Table.Td className="anywhere" visibleFrom="sm">
                {typeOf(one.conn_type).label || one.conn_type}
              </Table.Td>
              <Table.Td className="mono anywhere">
                {one.host}
                {one.port === null ? "" : `:${one.port}`}
              </Table.Td>
              <Table.Td className="anywhere" visibleFrom="md">
                {one.login}
              </Table.Td>
              <Table.Td className="anywhere" visibleFrom="sm">
                {one.description}
              </Table.Td>
              {may ? (
                <Table.Td w={90}>
                  <RowActions
                    edit={{
                      label: t("connections.editOne", { id: one.connection_id }),
                      onClick: () => onEdit(one.connection_id),
                    }}
                    remove={(onClose) => <Remove name={one.connection_id} onClose={onClose} />}
                    removeLabel={t("connections.deleteOne", { id: one.connection_id })}
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
