import { Anchor, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { $api } from "~/api/client";
import { useMay } from "~/api/session";
import { Loaded } from "~/components/Loaded";
import { Pager } from "~/components/Pager";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { links } from "~/links";

const PAGE = 20;

/** The versions of a DAG, the latest first: each change of its file has made one. */
export function Versions({ dagId }: { dagId: string }) {
  const { t } = useTranslation();
  const { number, set } = useFilters();
  const mayRead = useMay("code:read");
  const offset = number("offset");
  const query = $api.useQuery("get", "/api/v2/dags/{dag_id}/dagVersions", {
    params: { path: { dag_id: dagId }, query: { order_by: ["-version_number"], limit: PAGE, offset } },
  });
  return (
    <Loaded query={query}>
      {({ dag_versions, total_entries }) => (
        <>
          <Table w="auto" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("dag.details.version")}</Table.Th>
                <Table.Th>{t("dag.details.made")}</Table.Th>
                {mayRead ? <Table.Th>{t("dag.details.code")}</Table.Th> : null}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {dag_versions.map((version) => (
                <Table.Tr key={version.id}>
                  <Table.Th scope="row" fw={500}>
                    {version.version_number}
                  </Table.Th>
                  <Table.Td>
                    <Time at={version.created_at} />
                  </Table.Td>
                  {mayRead ? (
                    <Table.Td>
                      <Anchor
                        component={Link}
                        to={`${links.dag(dagId, "code")}?version=${version.version_number}`}
                        size="sm"
                        aria-label={`${t("dag.details.code")}: ${t("dag.details.ofVersion", { version: version.version_number })}`}
                      >
                        {t("dag.details.code")}
                      </Anchor>
                    </Table.Td>
                  ) : null}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Pager offset={offset} limit={PAGE} total={total_entries} onMove={(to) => set({ offset: String(to) })} />
        </>
      )}
    </Loaded>
  );
}
