import { Button, Code, Stack, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";

/** A page that has a defect: the rest of the console stays. */
export function Failed() {
  const { t } = useTranslation();
  const error = useRouteError();
  return (
    <Stack align="flex-start" p="md" role="alert">
      <Title order={1} size="h2">
        {t("common.error.broken")}
      </Title>
      <Code block>{error instanceof Error ? error.message : String(error)}</Code>
      <Button onClick={() => window.location.reload()}>{t("common.login.reload")}</Button>
    </Stack>
  );
}
