import { Button, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { EditedList, PAGE } from "~/components/EditedList";
import { RowActions } from "~/components/RowActions";
import { useDialog } from "~/dialogs";
import { pattern, useFilters } from "~/filters";
import { Create, Edit } from "./Edit";
import { ExportButton } from "./Export";
import { Import } from "./Import";
import { Remove } from "./Remove";

/** The Variables that are kept in the store. */
export function Page() {
  const { t } = useTranslation();
  const filters = useFilters();
  const [imports, startImport, closeImport] = useDialog("import");
  const may = useMay("variables:edit");
  const query = $api.useQuery(
    "get",
    "/api/v2/variables",
    {
      params: {
        query: {
          limit: PAGE,
          offset: filters.number("offset"),
          variable_key_pattern: pattern(filters.one("search")),
          order_by: ["key"],
        },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <>
      <EditedList
        title={t("variables.title")}
        query={query}
        count={(count) => t("variables.count", { count })}
        may={may}
        add={t("variables.create")}
        buttons={
          <>
            <ExportButton />
            {may ? (
              <Button size="xs" variant="default" onClick={() => startImport("file")}>
                {t("variables.import.button")}
              </Button>
            ) : null}
          </>
        }
        search={t("variables.search")}
        none={t("variables.none")}
        list={({ variables }, edit) => <List variables={variables} onEdit={edit} />}
        create={(onClose) => <Create onClose={onClose} />}
        edit={(name, onClose) => <Edit name={name} onClose={onClose} />}
      />
      {imports && may ? <Import onClose={closeImport} /> : null}
    </>
  );
}

function List({ variables, onEdit }: { variables: Schema["VariableResponse"][]; onEdit: (key: string) => void }) {
  const { t } = useTranslation();
  const may = useMay("variables:edit");
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("variables.columns.key")}</Table.Th>
            <Table.Th>{t("variables.columns.value")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("variables.columns.description")}</Table.Th>
            {may ? <Table.Th>{t("forms.columns.actions")}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {variables.map((one) => (
            <Table.Tr key={one.key}>
              <Table.Td className="anywhere" fw={500}>
                {one.key}
              </Table.Td>
              <Table.Td maw={420}>
                <Text size="sm" className="mono anywhere" lineClamp={3}>
                  {one.value}
                </Text>
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Text size="sm" className="anywhere">
                  {one.description}
                </Text>
              </Table.Td>
              {may ? (
                <Table.Td w={90}>
                  <RowActions
                    edit={{ label: t("variables.editOne", { key: one.key }), onClick: () => onEdit(one.key) }}
                    remove={(onClose) => <Remove name={one.key} onClose={onClose} />}
                    removeLabel={t("variables.deleteOne", { key: one.key })}
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
