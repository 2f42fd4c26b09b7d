import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "~/api/client";

/** What went wrong, in the server's words, and a way to try again. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={t("common.error.title")} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="anywhere" style={{ whiteSpace: "pre-wrap" }}>
          {useWords(error)}
        </Text>
        {retry ? (
          <Button size="xs" variant="default" onClick={retry}>
            {t("common.actions.refresh")}
          </Button>
        ) : null}
      </Stack>
    </Alert>
  );
}

/** Puts errors into words. */
export function useErrorWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
    if (error.status === 0) return t("common.error.network");
    if (error.status !== 403) return error.message;
    return error.message === "Forbidden"
      ? t("common.error.forbidden")
      : `${t("common.error.forbidden")} ${error.message}`;
  };
}

/** One error in words. */
export function useWords(error: unknown): string {
  return useErrorWords()(error);
}
