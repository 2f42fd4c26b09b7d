import { Code, Stack, Table, Text, Title, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Markdown } from "~/components/Markdown";
import { useTitle } from "~/title";
import { useDag } from "../context";
import { Manage } from "./Manage";
import { Settings } from "./Settings";
import { Versions } from "./Versions";

/** All else that is known of a DAG: what its author says of it, its settings, params and versions. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  useTitle(t("dag.tabs.details"), dag.dag_display_name);
  const params = Object.entries(dag.params ?? {});
  return (
    <Stack gap="lg">
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.details")}</Title>
      </VisuallyHidden>
      {dag.doc_md ? (
        <Part title={t("dag.details.docs")}>
          <Markdown text={dag.doc_md} />
        </Part>
      ) : null}
      <Part title={t("dag.details.settings")}>
        <Settings dag={dag} />
      </Part>
      <Part title={t("dag.details.params")}>
        {params.length === 0 ? <Text size="sm">{t("dag.details.noParams")}</Text> : <Params params={params} />}
      </Part>
      <Part title={t("dag.details.versions")}>
        <Versions dagId={dag.dag_id} />
      </Part>
      <Manage dag={dag} />
    </Stack>
  );
}

/** A part of the page, with its heading. */
function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

/** What the API says of a param: its value, and a schema with words about it. */
interface Param {
  value?: unknown;
  description?: string | null;
  schema?: { type?: unknown; description?: unknown };
}

function Params({ params }: { params: [string, unknown][] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("dag.details.name")}</Table.Th>
            <Table.Th>{t("dag.details.value")}</Table.Th>
            <Table.Th>{t("dag.details.about")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {params.map(([name, given]) => {
            const param: Param =
              given !== null && typeof given === "object" && "value" in given ? given : { value: given };
            const about = param.description ?? param.schema?.description;
            return (
              <Table.Tr key={name}>
                <Table.Th scope="row" className="mono anywhere" fw={500}>
                  {name}
                </Table.Th>
                <Table.Td>
                  <Code className="anywhere">{JSON.stringify(param.value) ?? "null"}</Code>
                </Table.Td>
                <Table.Td className="anywhere">{typeof about === "string" && about ? about : "–"}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
