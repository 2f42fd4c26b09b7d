import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "~/api/client";
import { Confirm } from "~/components/Confirm";

/** Deletes a Variable, once that is confirmed. */
export function Remove({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <Confirm
      title={t("variables.delete.title", { key: name })}
      label={t("common.actions.delete")}
      danger
      onConfirm={async () => {
        await api.DELETE("/api/v2/variables/{variable_key}", { params: { path: { variable_key: name } } });
        await queries.invalidateQueries({ queryKey: ["get", "/api/v2/variables"] });
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("variables.delete.hint")}</Text>
    </Confirm>
  );
}
