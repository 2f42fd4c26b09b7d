import { Stack, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { RunTable } from "~/components/RunTable";
import { useTitle } from "~/title";

/** The runs of all DAGs. */
export function Page() {
  const { t } = useTranslation();
  useTitle(t("runs.title"));
  return (
    <Stack gap="sm">
      <Title order={1} size="h3">
        {t("runs.title")}
      </Title>
      <RunTable />
    </Stack>
  );
}
