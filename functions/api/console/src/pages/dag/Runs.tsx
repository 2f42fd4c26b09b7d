import { Title, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { RunTable } from "~/components/RunTable";
import { useTitle } from "~/title";
import { useDag } from "./context";

/** The runs of a DAG as a list. */
export function Page() {
  const { t } = useTranslation();
  const dag = useDag();
  useTitle(t("dag.tabs.runs"), dag.dag_display_name);
  return (
    <>
      <VisuallyHidden>
        <Title order={2}>{t("dag.tabs.runs")}</Title>
      </VisuallyHidden>
      <RunTable dagId={dag.dag_id} />
    </>
  );
}
